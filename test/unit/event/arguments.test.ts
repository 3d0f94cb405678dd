/** Argument vectors in one and in several EXECVE records, read the quick and the general way. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventTable } from '../../../src/event/table.ts';
import { ArgumentTexts } from '../../../src/event/arguments.ts';
import { decodeRecord } from '../../../src/record/decode.ts';
import type { ExecveRecord } from '../../../src/record/decoded.ts';
import { assembleExecve } from '../../../src/record/execve.ts';
import { isProblem, parseRecord } from '../../../src/record/parse.ts';
import { RecordScanner, SCAN } from '../../../src/record/scan.ts';
import { value } from '../../support/log.ts';

const HEADER = 'type=EXECVE msg=audit(1800000000.000:1): ';

/** What the table makes of the records. */
function quick(lines: readonly string[]): unknown {
  const table = new EventTable();
  const scan = new RecordScanner();
  for (const line of lines) {
    const bytes = Buffer.from(line, 'latin1');
    expect(scan.scan(bytes, 0, bytes.length)).toBe(SCAN.ok);
    table.add(scan, bytes);
  }
  return new ArgumentTexts(table).of(0);
}

/** What the general reader makes of them. */
function general(lines: readonly string[]): unknown {
  const records: ExecveRecord[] = [];
  for (const line of lines) {
    const parsed = parseRecord(Buffer.from(line, 'latin1'));
    if (isProblem(parsed)) continue;
    const record = decodeRecord(parsed);
    if (record.kind === 'execve') records.push(record);
  }
  return assembleExecve(records);
}

const argument = fc.oneof(
  fc.constantFrom('-c', '', 'a1=x', 'ü', 'two words', '"', 'argc=3'),
  fc.string({ maxLength: 12 }),
);

/** A vector over several records; perhaps one lost, one changed, and another order. */
const records = fc
  .record({
    args: fc.array(argument, { minLength: 1, maxLength: 12 }),
    each: fc.integer({ min: 1, max: 5 }),
    lost: fc.option(fc.nat(5)),
    odd: fc.option(fc.constantFrom('a1_len=4', 'a0[0]=41', 'a0="y"', 'a9=xyz', 'argc=1', '')),
    order: fc.array(fc.nat(1000), { minLength: 13, maxLength: 13 }),
  })
  .map(({ args, each, lost, odd, order }) => {
    const bodies: string[] = [];
    for (let i = 0; i < args.length; i += each) {
      const fields = args.slice(i, i + each).map((arg, k) => `a${i + k}=${value(arg)}`);
      bodies.push((i === 0 ? [`argc=${args.length}`, ...fields] : ['', ...fields]).join(' '));
    }
    const left = bodies.filter((_, i) => i !== lost || bodies.length === 1);
    if (odd !== null) left.push(odd);
    const keyed = left.map((body, i) => ({ body, key: order[i] }));
    return keyed.sort((a, b) => a.key - b.key).map(({ body }) => HEADER + body);
  });

test('both ways give the same', () => {
  fc.assert(
    fc.property(records, (lines) => {
      expect(quick(lines)).toEqual(general(lines));
    }),
    { numRuns: 500, seed: 3 },
  );
});
