/** The parameters of a statement under construction: what a person wrote goes in here and never into the SQL. */

export interface Compiled {
  sql: string
  params: Record<string, unknown>
}

export type Bag = ReturnType<typeof openBag>

/** `prefix` keeps the names of two bags apart that meet in one statement. */
export function openBag(prefix: string) {
  const params: Record<string, unknown> = {}
  const known = new Map<string, string>()
  let inner = 0
  /** The placeholder for a value of a ClickHouse type; the same value gets the same placeholder. */
  function add(value: unknown, type: string): string {
    const key = `${type} ${JSON.stringify(value)}`
    const before = known.get(key)
    if (before !== undefined) return before
    const name = `${prefix}${known.size}`
    const placeholder = `{${name}: ${type}}`
    params[name] = value
    known.set(key, placeholder)
    return placeholder
  }
  return {
    params,
    add,
    text: (value: string) => add(value, 'String'),
    int: (value: number) => add(Math.round(value), 'Int64'),
    /** A prefix for a bag of its own whose parameters come into this one. */
    nested: () => `${prefix}_${(inner += 1)}_`,
    texts: (values: readonly string[]) => add(values, 'Array(String)'),
  }
}

/** `{asOf: …}` stands in everything that is compiled; milliseconds since 1970. */
export const asOfParam = (asOf: number) => ({ asOf: new Date(asOf) })
export const asOfSql = "{asOf: DateTime64(3, 'UTC')}"
export const asOfMsSql = `toUnixTimestamp64Milli(${asOfSql})`
