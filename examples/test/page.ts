/** The examples of a page of docs: each command with the answer that stands below it. */

export interface PageExample {
  /** `sh` for curl, `sql`. */
  language: string
  code: string
  answer: unknown
}

/** A ```sh or ```sql block that has a ```json block directly below it. */
export function examplesOf(markdown: string): PageExample[] {
  const blocks = markdown.matchAll(/```(sh|sql)\n([\s\S]*?)```\n\s*```json\n([\s\S]*?)```/g)
  return Array.from(blocks, ([, language = '', code = '', answer = '']) => ({
    language,
    code,
    answer: JSON.parse(withDecimals(answer)) as unknown,
  }))
}

/** Numbers keep how many places they are told with: 3.10 is not 3.1. */
const withDecimals = (json: string) =>
  json.replace(/(?<=[[:,\s])-?\d+(?:\.\d+)?(?=\s*[,\]}\n])/g, (number) => JSON.stringify({ number }))

const isNumber = (told: unknown): told is { number: string } =>
  typeof told === 'object' && told !== null && Object.keys(told).join() === 'number'

/**
 * Where the answer is not what the page says, as lines; none where it is. The page may leave fields out, a number is
 * rounded to the places that are written, and a list that ends with "…" goes on.
 */
export function differences(told: unknown, actual: unknown, path = 'answer'): string[] {
  const here = (what: string) => [`${path}: the page says ${what}, it is ${JSON.stringify(actual)}`]
  if (isNumber(told)) {
    const places = told.number.split('.')[1]?.length ?? 0
    const isSame =
      typeof actual === 'number' && (places === 0 ? String(actual) : actual.toFixed(places)) === told.number
    return isSame ? [] : here(told.number)
  }
  if (Array.isArray(told)) {
    const goesOn = told.at(-1) === '…'
    const items = goesOn ? told.slice(0, -1) : told
    if (!Array.isArray(actual) || (goesOn ? actual.length <= items.length : actual.length !== items.length))
      return here(`a list of ${goesOn ? 'more than ' : ''}${items.length}`)
    return items.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`))
  }
  if (typeof told === 'object' && told !== null) {
    if (typeof actual !== 'object' || actual === null) return here('an object')
    return Object.entries(told).flatMap(([name, value]) =>
      differences(value, (actual as Record<string, unknown>)[name], `${path}.${name}`),
    )
  }
  return told === actual ? [] : here(JSON.stringify(told))
}

export interface PageServer {
  url: string
  secretKey: string
  sql: <Row>(query: string) => Promise<Row[]>
  project: string
}

/** Runs the command as it stands on the page. */
export async function answerOf({ language, code }: PageExample, server: PageServer): Promise<unknown> {
  if (language === 'sql') {
    const query = code.replaceAll("'default'", `'${server.project}'`)
    const rows = await server.sql<Record<string, unknown>>(query)
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, numberOf(value)])),
    )
  }
  const path = /"\$TOUCHLINE([^"]*)"/.exec(code)?.[1]
  if (path === undefined) throw new Error(`no address stands in ${code}`)
  const body = /-d '([\s\S]*?)'\s*$/.exec(code.trim())?.[1]
  const headers = {
    authorization: `Basic ${Buffer.from(`${server.secretKey}:`).toString('base64')}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const answer = await fetch(
    `${server.url}${path}`,
    body === undefined ? { headers } : { headers, body, method: 'POST' },
  )
  const json = (await answer.json()) as unknown
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(json)}`)
  return json
}

/** ClickHouse writes 64-bit numbers as text. */
const numberOf = (value: unknown) =>
  typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
