/** Writes ClickHouse's configuration: XML elements. */

export function document(...parts: string[]): string {
  return `<clickhouse>\n${parts.join('\n')}\n</clickhouse>\n`
}

/** An element with a text; `within` holds other elements. */
export function element(name: string, value: string | number): string {
  return within(name, escapeXml(String(value)))
}

export const within = (name: string, ...parts: string[]): string => `<${name}>${parts.join('')}</${name}>`

export function settings(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => element(key, value))
    .join('')
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
