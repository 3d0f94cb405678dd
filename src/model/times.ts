/** The fields that hold a time, in whichever document and at whatever depth. */
export const TIME_FIELDS: ReadonlySet<string> = new Set([
  'timestamp',
  'start_timestamp',
  'exit_after',
  'exit_timestamp',
  'first_timestamp',
  'last_timestamp',
  'stored_at',
]);
