/** Names and texts inside SQL that takes no parameters: DDL, grants, ClickHouse's configuration. Elsewhere use parameters. */

/** A database, table, user or cluster. */
export const identifier = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``

export const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

/** What a setting is given. */
export const settingValue = (value: string | number): string =>
  typeof value === 'number' ? String(value) : literal(value)
