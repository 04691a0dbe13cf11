/** What a map makes of a row, and how its parts say so. */
import type { CostRow } from '@touchline/schemas/api'
import type { Row } from '../reading/row.js'
import type { Columns, Json } from './columns.js'
import { firstText, type ReadText } from './values.js'

/** What one row becomes; nothing of it where it has a problem. */
export interface Mapped {
  events: Json[]
  costs: CostRow[]
  /** Of a cost: tells a row that was sent twice from two rows of one place. */
  key: string
  problem?: string
}

/** Appends to `into` what an output makes of the row; returns why it cannot. */
export type Output = (row: Row, key: string, into: Mapped) => string | undefined

/** Stands in no text of a file that people read. */
export const separator = '\u001f'

/** Empty where none of the columns says anything. */
export function keyText(key: string | readonly string[], columns: Columns): ReadText {
  const parts = (typeof key === 'string' ? [key] : key).map((name) => firstText(name, columns))
  return (cells) => {
    const said = parts.map((read) => read(cells))
    return said.every((text) => text === '') ? '' : said.join(separator)
  }
}
