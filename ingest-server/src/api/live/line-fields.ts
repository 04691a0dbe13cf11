/** Fields of a line of the log, read without parsing it. */

/** The first field of that name: what the sender wrote comes later in the line, in properties and traits. */
export const messageIdIn = (line: Buffer): string => textAfter(line, '"message_id":"')
export const subjectIn = (line: Buffer): string => textAfter(line, '"subject":"')

const quote = 0x22
const backslash = 0x5c

function textAfter(line: Buffer, field: string): string {
  const start = line.indexOf(field)
  if (start === -1) return ''
  const begin = start + field.length
  let end = begin
  while (end < line.length && line[end] !== quote) end += line[end] === backslash ? 2 : 1
  const text = line.toString('utf8', begin, end)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}
