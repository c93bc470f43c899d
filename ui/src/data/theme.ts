// Light and dark: the system's choice, or the one made here, kept in this browser and in step across tabs.

import { useEffect, useState } from 'preact/hooks';
import type { Palette } from '../flame/colours';

export type Theme = 'system' | 'light' | 'dark';
const key = 'anneal-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system'; // storage is forbidden, for instance in a file opened from disk
  }
}

function apply(theme: Theme): void {
  const effective = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
  document.documentElement.dataset['theme'] = effective;
}

export function useTheme(): { theme: Theme; setTheme: (theme: Theme) => void; palette: Palette } {
  const [theme, setThemeState] = useState<Theme>(stored);
  const [palette, setPalette] = useState<Palette>(() => {
    apply(theme);
    return readPalette();
  });
  useEffect(() => {
    const update = () => {
      const now = stored();
      apply(now);
      setThemeState(now);
      setPalette(readPalette());
    };
    dark.addEventListener('change', update);
    window.addEventListener('storage', update);
    return () => {
      dark.removeEventListener('change', update);
      window.removeEventListener('storage', update);
    };
  }, []);
  const setTheme = (next: Theme) => {
    try {
      if (next === 'system') localStorage.removeItem(key);
      else localStorage.setItem(key, next);
    } catch {
      // Not kept then, but applied.
    }
    apply(next);
    setThemeState(next);
    setPalette(readPalette());
  };
  return { theme, setTheme, palette };
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    dark: document.documentElement.dataset['theme'] === 'dark',
    text: token('--flame-text'),
    faint: token('--flame-faint'),
    gap: token('--surface'),
    ring: token('--focus'),
    match: token('--flame-match'),
    matchText: token('--flame-match-text'),
    root: token('--flame-root'),
    bar: token('--bar'),
  };
}
