// For `npm run dev` alone: answers the page's calls with generated data.

import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'vite';
import { generateTree } from './profile';
import { pgoAnswer } from './pgo';

const services = ['cart', 'checkout', 'search', 'ads <b>bold</b>'];
const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const types = [cpu, 'memory:alloc_space:bytes:space:bytes', 'goroutines:goroutine:count:goroutine:count'];
const labels: Record<string, string[]> = { region: ['eu-1', 'eu-2', 'us'], version: ['v1.4.0', 'v1.5.0'], pgo: ['off', 'on'] };

const pair = (name: string, value: string) => ({ name, value });

async function body(request: IncomingMessage): Promise<Record<string, never>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text ? JSON.parse(text) : {};
}

function series(query: { groupBy?: string[]; start: number; end: number; step: number }): unknown {
  const label = query.groupBy?.[0];
  const values = label === 'service_name' ? services : label ? (labels[label] ?? []) : [''];
  return {
    series: values.map((value, i) => {
      const points = [];
      for (let t = query.start; t <= query.end; t += query.step * 1000) {
        points.push({ value: (3 + i + 2 * Math.sin(t / 3e5 + i) + ((t / 1000) % 7) / 9) * 1e9, timestamp: String(t) });
      }
      return { labels: label ? [pair(label, value)] : [], points };
    }),
  };
}

function querier(method: string, query: Record<string, never>): unknown {
  switch (method) {
    case 'Series':
      return { labelsSet: services.flatMap((s) => types.map((t) => ({ labels: [pair('service_name', s), pair('__profile_type__', t)] }))) };
    case 'SelectSeries':
      return series(query as never);
    case 'ProfileTypes':
      return { profileTypes: types.map((ID) => ({ ID })) };
    case 'LabelNames':
      return { names: [...Object.keys(labels), '__name__', 'service_name'] };
    default:
      return null;
  }
}

function page(url: URL): unknown {
  const number = (key: string, standard: number) => Number(url.searchParams.get(key) ?? standard);
  switch (url.pathname.replace('/anneal/v1/', '')) {
    case 'tree':
      return generateTree({
        nodes: Math.min(number('maxNodes', 2000), number('mockNodes', 3000)),
        seed: (url.searchParams.get('selector') ?? '').length,
        base: url.searchParams.has('baseSelector'),
        hostile: true,
      });
    case 'lines':
      return { schema: 1, file: '/src/cart.go', startLine: 40, lines: [42, 45, 46, 51].map((line, i) => ({ line, self: i * 3e8, total: 1e9 * (i + 1) })) };
    case 'builds':
      return {
        builds: [
          { labels: { version: 'v1.4.0', pgo: 'off' }, first: Date.now() - 7e6, last: Date.now() - 3e6, total: 9e11 },
          { labels: { version: 'v1.5.0', pgo: 'default.pgo' }, first: Date.now() - 3e6, last: Date.now(), total: 8e11 },
        ],
      };
    case 'session':
      return { auth: 'none', authenticated: true, version: 'dev' };
    default:
      return pgoAnswer(url);
  }
}

export function mockServer(): Plugin {
  return {
    name: 'mock-server',
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        const url = new URL(request.url ?? '/', 'http://localhost');
        const rpc = /^\/querier\.v1\.QuerierService\/(\w+)$/.exec(url.pathname);
        if (!rpc && !url.pathname.startsWith('/anneal/v1/')) return next();
        const answer = rpc ? querier(rpc[1], await body(request)) : page(url);
        response.statusCode = answer === null ? 404 : 200;
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(answer ?? { code: 'not_found', message: 'the mock has no such call' }));
      });
    },
  };
}
