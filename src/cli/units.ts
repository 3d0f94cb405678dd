/** Amounts as they are written on the command line. */

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** `4096`, `64M`, `2G` in bytes; undefined for anything else. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d{1,12})([KMGT]?)(?:i?B)?$/.exec(text);
  return match === null ? undefined : positive(Number(match[1]) * BYTES[match[2]]);
}

function positive(amount: number): number | undefined {
  return amount > 0 && Number.isSafeInteger(Math.round(amount)) ? Math.round(amount) : undefined;
}
