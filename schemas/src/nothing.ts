/**
 * What programs and spreadsheets write into a value that is none, in lower case: it is stored as it was sent, and neither shown
 * nor compared, and it changes no trait. The SQL views have the same list (migration 029).
 */
export const wordsForNothing: readonly string[] = [
  ...['', 'null', 'undefined', 'n/a', 'none', 'nan', 'nil', 'n.a.', '#n/a'],
  ...['(null)', '<null>', '(none)', '-', '--', 'not set', '(not set)'],
  // As text from JavaScript, Go and Swift; errors of spreadsheets; analytics' and spreadsheets' words for an empty cell.
  ...['[object object]', '<nil>', 'optional(nil)', '#null!', '#ref!', '#value!', '#name?', '#div/0!'],
  ...['(unset)', '(not provided)', '(blank)', '(empty)', '–', '—'],
]
