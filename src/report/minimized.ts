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
  const text = `${counted(records, 'record')} of ${counted(events, 'event')} of ${counted(processes, 'process')}`;
  return others === 0 ? text : `${text} and ${counted(others, 'other line')}`;
}

function counted(count: number, what: string): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${what}${what.endsWith('s') ? 'es' : 's'}`;
}

/** The ways to run the command on a log again: in a shell, and as a test. Lines without their ends. */
export function againLines(command: string, log: string): string[] {
  const words = ['sh', '-c', command];
  const pipeline = `cat ${shellQuote([log])} | ${shellQuote(words)}`;
  const name = JSON.stringify(`${log} does not fail`);
  return [
    'In a shell:',
    '',
    `  ${pipeline}`,
    '',
    'As a test:',
    '',
    "  import { spawnSync } from 'node:child_process';",
    "  import { expect, test } from 'vitest';",
    '',
    `  test(${quoteForDisplay(name)}, () => {`,
    `    const { status } = spawnSync(${JSON.stringify(pipeline)}, { shell: true });`,
    '    expect(status).toBe(0);',
    '  });',
  ];
}
