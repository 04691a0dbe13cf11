/** Cuts SQL text into statements at `;`, minding strings, quoted names and comments. Comments are dropped. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let current = ''
  for (const token of sql.match(tokens) ?? []) {
    if (token === ';') {
      statements.push(current.trim())
      current = ''
    } else {
      current += isComment(token) ? ' ' : token
    }
  }
  statements.push(current.trim())
  return statements.filter((statement) => statement !== '')
}

/**
 * Quoted text with backslash escapes or doubled quotes, comments to the end of the line (`--`, `#!`) or in
 * bars, a semicolon, else any run of other text.
 */
const tokens =
  /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`\\]|\\[^]|``)*`|--[^\n]*|#![^\n]*|\/\*[^]*?\*\/|;|[^'"`;/#-]+|[^]/g

const isComment = (token: string) =>
  token.startsWith('--') || token.startsWith('/*') || token.startsWith('#!')
