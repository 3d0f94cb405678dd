/** The fuzzer against programs that are wrong in one way each. */
import { describe, expect, test } from 'vitest';
import type { Answer, Ask } from '../../../../src/cli/fuzz/asking.ts';
import { ANOTHER_ANSWER, fuzz, type Fuzzed } from '../../../../src/cli/fuzz/fuzzing.ts';
import { analyzeSync } from '../../../../src/pipeline.ts';
import { RecordingReader } from '../../../../src/replay/recording.ts';
import {
  bytesOfLines,
  chunksOfLines,
  type Delivery,
  inputsOf,
  VARIANT_KINDS,
  type VariantKind,
  variantPaths,
  type VariantSource,
} from '../../../../src/replay/variants.ts';

const KINDS = Object.keys(VARIANT_KINDS) as VariantKind[];

/** Events of two lines each: `e 0 a`, `e 0 b`, and so on. */
const EVENTS = 40;
const source = sourceOf(
  Array.from({ length: 2 * EVENTS }, (_, i) => {
    const event = i >> 1;
    return `type=X msg=audit(1.000:${event + 1}): e ${event} ${i % 2 === 0 ? 'a' : 'b'}`;
  }),
);

function sourceOf(lines: readonly string[]): VariantSource {
  const reader = new RecordingReader();
  reader.open('a.log');
  reader.push(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  reader.close();
  const recording = reader.finish();
  const plain = Int32Array.from({ length: recording.length }, (_, i) => i);
  return { recording, plain, kernelOrder: () => plain };
}

/** The words of each line: its event, and which of the two lines it is. */
function wordsOf(delivery: Delivery): [event: number, part: string][] {
  return Array.from(delivery.lines, (line) => {
    const [event, part] = source.recording.line(line).toString().split(' ').slice(-2);
    return [Number(event), part];
  });
}

async function run(
  ask: Ask,
  {
    kinds = KINDS,
    count = 80,
    jobs = 3,
    shrinkRuns = 500,
    signal = new AbortController().signal,
  } = {},
): Promise<Fuzzed> {
  const paths = variantPaths(kinds, count);
  return fuzz(source, ask, { seed: 7, paths, jobs, shrinkRuns, signal });
}

const says = (value: unknown): Promise<Answer> => Promise.resolve({ text: JSON.stringify(value) });
const failing = (fuzzed: Fuzzed): string[] =>
  fuzzed.kinds.filter(({ failed }) => failed > 0).map(({ kind }) => kind);

describe('what is wrong is found', () => {
  test('nothing is, where the answer is the set of lines', async () => {
    const fuzzed = await run(({ lines }) => says([...new Set(lines)].sort((a, b) => a - b)));
    expect(fuzzed).toMatchObject({ verdict: 'same', failed: [], interrupted: false });
    expect(fuzzed.kinds.map(({ kind, tried }) => [kind, tried])).toEqual(
      KINDS.map((kind) => [kind, 10]),
    );
  });

  test('an order-dependent program, which needs two events and one pair out of order', async () => {
    // It believes that event 9 comes before event 30.
    const ask: Ask = (delivery) => {
      const order = wordsOf(delivery).map(([event]) => event);
      return says(
        order.includes(9) && order.lastIndexOf(9) > order.indexOf(30) && order.includes(30),
      );
    };
    const fuzzed = await run(ask);
    expect(fuzzed.verdict).toBe('differs');
    expect(failing(fuzzed)).toEqual(['records', 'events', 'lines', 'duplicates', 'files', 'cut']);
    const first = fuzzed.failed.find(({ closer }) => closer !== undefined);
    if (first === undefined) throw new Error('nothing failed');
    expect(first.how).toBe(ANOTHER_ANSWER);
    expect(first.closer?.shrunk).toMatchObject({ events: 2, inversions: 1, minimal: true });
    const events = wordsOf(first.closer?.shrunk?.delivery ?? { lines: new Int32Array() }).map(
      ([event]) => event,
    );
    expect(events).toEqual([9, 30, 9, 30]);
    expect(
      wordsOf(first.closer?.shrunk?.reference ?? { lines: new Int32Array() }).map(([e]) => e),
    ).toEqual([9, 9, 30, 30]);
    const again = await fuzz(source, ask, {
      seed: 7,
      paths: [first.path],
      jobs: 1,
      shrinkRuns: 0,
      signal: new AbortController().signal,
    });
    expect(again.failed).toEqual([
      { ...first, closer: { delivery: first.closer?.delivery, flaky: false } },
    ]);
  });

  test('one that wants the records of an event together', async () => {
    const fuzzed = await run((delivery) => {
      const events = wordsOf(delivery).map(([event]) => event);
      return says(
        events.filter((event, i) => i > 0 && events[i - 1] !== event).length ===
          new Set(events).size - 1,
      );
    });
    expect(failing(fuzzed)).toEqual(['records', 'lines', 'duplicates', 'files', 'cut']);
    for (const { closer } of fuzzed.failed) {
      if (closer !== undefined) expect(closer.shrunk?.events).toBeLessThanOrEqual(2);
    }
  });

  test('one that wants the records of an event in order', async () => {
    const fuzzed = await run((delivery) => {
      const seen = new Set<number>();
      for (const [event, part] of wordsOf(delivery)) {
        if (part === 'a') seen.add(event);
        else if (!seen.has(event)) return says('b before a');
      }
      return says('fine');
    });
    expect(failing(fuzzed)).toEqual(['lines', 'duplicates', 'files', 'cut']);
    expect(fuzzed.failed.find(({ kind }) => kind === 'lines')?.closer?.shrunk).toMatchObject({
      events: 1,
      inversions: 1,
    });
  });

  test('one that counts lines', async () => {
    expect(failing(await run(({ lines }) => says(lines.length)))).toEqual(['duplicates']);
  });

  test('one that counts files', async () => {
    expect(
      failing(await run((delivery) => says(inputsOf(source.recording, delivery).length))),
    ).toEqual(['files']);
  });

  test('one that loses a line which is cut between two chunks', async () => {
    const fuzzed = await run(
      ({ lines, chunks }) => {
        const texts = [...chunksOfLines(source.recording, lines, chunks)].flatMap((chunk) =>
          Buffer.from(chunk).toString().split('\n'),
        );
        return says(texts.filter((text) => /^type=X .* [ab]$/.test(text)).toSorted());
      },
      { kinds: ['chunks'], count: 10 },
    );
    expect(failing(fuzzed)).toEqual(['chunks']);
    expect(fuzzed.failed[0].closer?.shrunk?.events).toBe(1);
  });

  test('an analyzer that drops what a later serial has overtaken', async () => {
    const fuzzed = await run(
      (delivery) => {
        let latest = 0;
        const kept = delivery.lines.filter((line) => {
          const { serial } = source.recording.events[source.recording.event[line]];
          latest = Math.max(latest, serial);
          return serial >= latest;
        });
        const { summary } = analyzeSync([
          { name: 'a', bytes: bytesOfLines(source.recording, kept) },
        ]);
        return says([summary.digest, summary.events]);
      },
      { kinds: ['events', 'lines'], count: 4 },
    );
    expect(failing(fuzzed)).toEqual(['events', 'lines']);
    for (const { closer } of fuzzed.failed) {
      if (closer !== undefined) expect(closer.shrunk).toMatchObject({ events: 2, minimal: true });
    }
  });

  test('one that crashes; it is made smaller as a crash', async () => {
    const fuzzed = await run(
      async (delivery) => {
        const [[first] = [0]] = wordsOf(delivery);
        if (first === 25)
          return { text: 'exit status 139 (SIGSEGV)', failure: 'exit status 139 (SIGSEGV)' };
        return says(first > 20 ? 'odd' : 'fine');
      },
      { kinds: ['lines'], count: 80 },
    );
    const crash = fuzzed.failed.find(({ how }) => how.includes('SIGSEGV'));
    expect(crash).toBeDefined();
    expect(fuzzed.verdict).toBe('differs');
  });
});

describe('what is not a question of order', () => {
  test('a program that fails anyhow', async () => {
    const ask: Ask = () =>
      Promise.resolve({ text: 'x', failure: 'exit status 1', complaint: 'no' });
    expect(await run(ask)).toMatchObject({
      verdict: 'broken',
      why: 'exit status 1: no',
      kinds: [],
    });
  });

  test('one that never says the same', async () => {
    let n = 0;
    expect(await run(() => says(n++))).toMatchObject({ verdict: 'flaky', kinds: [] });
  });

  test('one that now and then says something else', async () => {
    let n = 0;
    const fuzzed = await run(() => says(++n === 20));
    expect(fuzzed.verdict).toBe('flaky');
    expect(fuzzed.failed).toHaveLength(1);
    expect(fuzzed.failed[0].closer).toMatchObject({ flaky: true });
    expect(fuzzed.failed[0].closer?.shrunk).toBeUndefined();
  });
});

describe('limits', () => {
  const byOrder: Ask = ({ lines }) => says([...lines]);

  test('as many runs as may be', async () => {
    let runs = 0;
    const ask: Ask = (delivery) => {
      runs++;
      return byOrder(delivery, new AbortController().signal);
    };
    const fuzzed = await run(ask, { kinds: ['lines'], count: 1, jobs: 1, shrinkRuns: 5 });
    expect(fuzzed.failed[0].closer?.shrunk).toMatchObject({ minimal: false, runs: 5 });
    // Twice the plain order, the variant twice, each run of the search with its reference, and one.
    expect(runs).toBeLessThanOrEqual(2 + 2 + 2 * 5 + 1);
  });

  test('none to make it smaller', async () => {
    const fuzzed = await run(byOrder, { kinds: ['lines'], count: 3, shrinkRuns: 0 });
    expect(fuzzed.failed).toHaveLength(3);
    expect(fuzzed.failed.some(({ closer }) => closer?.shrunk !== undefined)).toBe(false);
  });

  test('interrupted, it says what it has', async () => {
    const abort = new AbortController();
    let n = 0;
    const fuzzed = await run(
      (delivery) => {
        if (++n === 10) abort.abort();
        return byOrder(delivery, new AbortController().signal);
      },
      { kinds: ['lines'], jobs: 1, signal: abort.signal },
    );
    expect(fuzzed.interrupted).toBe(true);
    expect(fuzzed.failed.length).toBeGreaterThan(3);
    expect(fuzzed.failed.length).toBeLessThan(10);
  });

  test('what asking throws ends it', async () => {
    let n = 0;
    const ask: Ask = (delivery) =>
      ++n === 7
        ? Promise.reject(new Error('no process'))
        : byOrder(delivery, new AbortController().signal);
    await expect(run(ask)).rejects.toThrow('no process');
  });
});
