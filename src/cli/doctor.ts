import type { Finding, Health } from '../capture/doctor.ts';
import { EXIT } from './analysis.ts';
import { linesAsText, writeAll } from './output/output.ts';

const MARKS: Readonly<Record<Health, string>> = {
  fine: '  ',
  warning: '! ',
  bad: '✗ ',
  left: '! ',
};

/** `godo doctor`: gives the exit status, which says whether this machine can record. */
export async function doctorCommand({ fix }: { readonly fix?: boolean }): Promise<number> {
  const { examine, putRight } = await import('../capture/doctor.ts');
  const findings = fix === true ? await putRight() : examine();
  await writeAll(process.stdout, linesAsText(findings.flatMap(linesOf)));
  return findings.some(({ health }) => health === 'bad') ? EXIT.unable : EXIT.fine;
}

function linesOf({ health, what, remedy }: Finding): string[] {
  return [`${MARKS[health]}${what}`, ...(remedy === undefined ? [] : [`    → ${remedy}`])];
}
