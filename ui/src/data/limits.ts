// What the server allows, as its session call said; a page with its data within itself asks for nothing.

import { mostNodes as mostInLinks } from '../profile/state';
import type { Session } from './anneal';

let nodes = mostInLinks;

export function learnLimits({ maxNodes }: Session): void {
  nodes = maxNodes ? Math.min(maxNodes, mostInLinks) : mostInLinks;
}

/** The most nodes of one tree. */
export const mostNodes = () => nodes;
