/** Amounts as they are written on the command line. */

const SECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** `90s`, `10m`, `1.5h` in ms; undefined for anything else, and for nothing or less. */
export function durationOf(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  return match === null ? undefined : positive(Number(match[1]) * SECONDS[match[2]]);
}

/** `4096`, `64M`, `2G` in bytes; undefined for anything else. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d{1,12})([KMGT]?)(?:i?B)?$/.exec(text);
  return match === null ? undefined : positive(Number(match[1]) * BYTES[match[2]]);
}

function positive(amount: number): number | undefined {
  return amount > 0 && Number.isSafeInteger(Math.round(amount)) ? Math.round(amount) : undefined;
}
