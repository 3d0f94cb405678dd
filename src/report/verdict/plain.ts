import type { Check } from '../../model/verdict.ts';
import { shortfallDetails, shortfallText } from './words.ts';

/** Lines about one failure in a report for machines; a tree may differ in very many places. */
const MAX_LINES = 100;
const PLAIN = { width: Number.POSITIVE_INFINITY, color: false };

/** Why a check failed, with what broke it, a line each and without colour. */
export function failureText({ shortfalls }: Check): string[] {
  const lines: string[] = [];
  for (const shortfall of shortfalls) {
    lines.push(shortfallText(shortfall));
    for (const detail of shortfallDetails(shortfall, PLAIN)) lines.push(`  ${detail}`);
  }
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} lines more`];
}
