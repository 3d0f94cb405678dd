/** What minimizing came to, and how to keep it, for people. */
import { quoteForDisplay, shellQuote } from '../base/text.ts';

/** How much there is of a recording. */
export interface Extent {
  readonly records: number;
  readonly events: number;
  readonly processes: number;
  /** Lines that are no records. */
  readonly others: number;
}

/** `3 records of 1 event of 1 process`. */
export function extentText({ records, events, processes, others }: Extent): string {
  const parts = [
    counted(records, 'record'),
    counted(events, 'event'),
    counted(processes, 'process'),
  ];
  const text = parts.join(' of ');
  return others === 0 ? text : `${text} and ${counted(others, 'other line')}`;
}

function counted(count: number, what: string): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${what}${what.endsWith('s') ? 'es' : 's'}`;
}

/** How to run the command on a log again: in a shell, and as a test. Lines without their ends. */
export function againLines(command: string, log: string): string[] {
  const words = ['-c', 'cat "$0" | sh -c "$1"', log, command].map((word) => JSON.stringify(word));
  return [
    'In a shell:',
    '',
    `  cat ${shellQuote([log])} | ${shellQuote(['sh', '-c', command])}`,
    '',
    'As a test:',
    '',
    "  import { spawnSync } from 'node:child_process';",
    "  import { expect, test } from 'vitest';",
    '',
    `  test(${JSON.stringify(quoteForDisplay(log))}, () => {`,
    '    // A pipe, since some programs do not read what is none.',
    `    const { status } = spawnSync('sh', [${words.join(', ')}]);`,
    '    expect(status).toBe(0);',
    '  });',
  ];
}
