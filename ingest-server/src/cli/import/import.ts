/** `touchline import`: history out of files. Reads nothing itself: the running server reads, maps and answers. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ImportRunAnswer, RejectedRowShape } from '@touchline/schemas/api'
import type { Config } from '../../config.js'
import { pause } from '../../loop.js'
import { table, usageError, type AddTo, type Cli } from '../command.js'
import { showPreview } from './import-preview.js'
import { openProgress } from './import-progress.js'
import { askServer } from '../open-parts.js'
import { sendFile } from './send-file.js'

interface Chosen {
  map?: string
  maps?: true
  dryRun?: true
  report?: string
  importId?: string
  key?: string
}

export const addImport: AddTo = (command, cli) => {
  command
    .argument('[files...]', 'CSV, TSV or JSON lines, gzip or not')
    .option('--map <map>', 'a saved or a ready map, or a file of JSON that is one')
    .option('--maps', 'say which ready maps there are')
    .option('--dry-run', 'show what the first rows would become and what is wrong, write nothing')
    .option('--report <file>', 'write every refused row with its line and reason, as CSV')
    .option('--import-id <id>', 'what it is called; made of the file and the map unless said')
    .option('--key <secret-key>', 'of another project than the default one')
    .addHelpText(
      'after',
      '\nAsks the running server. The same command again goes on where it was stopped; rows that are in change nothing.',
    )
    .action(async (files: string[], chosen: Chosen) => {
      if (chosen.maps === true) return listMaps(cli, chosen)
      if (files.length === 0 || chosen.map === undefined)
        throw usageError('name the files and --map; `touchline import --maps` lists the ready ones.')
      if (chosen.importId !== undefined && files.length > 1)
        throw usageError('--import-id is of one file; name one at a time.')
      await importAll(cli, files, { ...chosen, map: await mapOf(chosen.map) })
    })
}

async function listMaps({ config, print }: Cli, { key }: Chosen): Promise<void> {
  const { maps } = await askServer<{ maps: { id: string; about: string }[] }>(config(), '/v1/imports/maps', {
    key,
  })
  print(
    maps,
    table(
      ['MAP', 'READS'],
      maps.map(({ id, about }) => [id, about]),
    ),
  )
}

const longestMap = 12_000

/** A name goes as it is; the text of a file goes along. */
async function mapOf(named: string): Promise<string> {
  if (!named.endsWith('.json')) return named
  const text = await readFile(named, 'utf8').catch((cause: unknown) => {
    throw usageError(`--map ${named}: ${(cause as Error).message}`)
  })
  try {
    const small = JSON.stringify(JSON.parse(text))
    if (small.length <= longestMap) return small
  } catch (cause) {
    throw usageError(`--map ${named}: is no JSON (${(cause as Error).message}).`)
  }
  throw usageError(`--map ${named}: is long; save it with touchline definitions apply and name it.`)
}

type Wanted = Chosen & { map: string }

async function importAll(cli: Cli, files: readonly string[], wanted: Wanted): Promise<void> {
  const answers: (ImportRunAnswer & { file: string })[] = []
  const texts: string[] = []
  const report = wanted.report === undefined ? undefined : openReport(wanted.report)
  for (const file of files) {
    const answer = await importOne(cli, file, wanted)
    answers.push({ file, ...answer })
    if (report !== undefined) {
      const refused =
        wanted.dryRun === true ? answer.rejectedRows : await everyRefused(cli.config(), answer, wanted.key)
      report.add(file, refused)
    }
    texts.push(textOf(file, answer, wanted))
  }
  await report?.end()
  cli.print(files.length === 1 ? answers[0] : answers, texts.join('\n\n'))
  if (answers.some(({ rejected, state }) => rejected > 0 || state !== 'done')) process.exitCode = 1
}

async function importOne(cli: Cli, file: string, wanted: Wanted): Promise<ImportRunAnswer> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw usageError(`${file}: ${(cause as Error).message}`)
  })
  const id = wanted.importId ?? (await idOf(file, size, wanted.map))
  const config = cli.config()
  const query = new URLSearchParams({ map: wanted.map, importId: id, name: basename(file) })
  if (wanted.dryRun === true) query.set('dryRun', '1')
  const progress = openProgress({ name: basename(file), size, isQuiet: cli.isJson() })
  const state = async () =>
    (
      await askServer<{ rows: number }>(config, `/v1/imports/${encodeURIComponent(id)}?limit=1`, {
        key: wanted.key,
      })
    ).rows
  const stop = progress.follow(wanted.dryRun === true ? undefined : state)
  try {
    return await sendFile(config, `/v1/imports?${query}`, {
      file,
      key: wanted.key,
      onSent: progress.sent,
      onAgain: progress.again,
    })
  } finally {
    await stop()
  }
}

const looked = 64 * 1024

/** The same file by the same map has the same id, wherever it lies. */
async function idOf(file: string, size: number, map: string): Promise<string> {
  const hash = createHash('sha256').update(`${size}\n${map}\n`)
  const handle = await open(file)
  try {
    for (const position of [0, Math.max(0, size - looked)]) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(looked), 0, looked, position)
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
  return `file-${hash.digest('hex').slice(0, 24)}`
}

const pageOfRefused = 5_000
const refusedWithinMs = 30_000

/** All of them; the last are read once the store has brought them. */
async function everyRefused(
  config: Config,
  { id, rejected, rejectedRows }: ImportRunAnswer,
  key: string | undefined,
): Promise<RejectedRowShape[]> {
  const found = new Map(rejectedRows.map((row) => [row.line, row]))
  for (const startedAt = performance.now(); found.size < rejected; await pause(300)) {
    for (let after = 0; ;) {
      const path = `/v1/imports/${encodeURIComponent(id)}?after=${after}&limit=${pageOfRefused}`
      const { rejectedRows: page } = await askServer<ImportRunAnswer>(config, path, { key })
      for (const row of page) found.set(row.line, row)
      if (page.length < pageOfRefused) break
      after = page.at(-1)?.line ?? 0
    }
    if (performance.now() - startedAt > refusedWithinMs) break
  }
  return [...found.values()].sort((a, b) => a.line - b.line)
}

function openReport(path: string) {
  const out = createWriteStream(path)
  out.write('file,line,code,reason,row\n')
  const cell = (value: string | number) => `"${String(value).replaceAll('"', '""')}"`
  return {
    add(file: string, rows: readonly RejectedRowShape[]) {
      for (const { line, code, reason, row } of rows)
        out.write(`${[file, line, code, reason, row].map(cell).join(',')}\n`)
    },
    end: () => new Promise<void>((resolve, reject) => out.on('error', reject).end(resolve)),
  }
}

const refusedShown = 10
const delimiterNames: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
}

function textOf(file: string, answer: ImportRunAnswer, { dryRun, report }: Wanted): string {
  const { format, encoding, delimiter, rows, accepted, skipped, rejected, events, costs, rejectedRows } =
    answer
  const written = format === 'csv' ? `CSV, ${delimiterNames[delimiter] ?? delimiter}` : 'JSON lines'
  const before = answer.resumedAfter > 0 ? ` (${answer.resumedAfter} rows were done before)` : ''
  const made = [events > 0 ? `${events} events` : '', costs > 0 ? `${costs} rows of costs` : ''].filter(
    Boolean,
  )
  const lines = [
    `${file}: ${written}, ${encoding}${before}`,
    ...(dryRun === true ? [showPreview(answer)] : []),
    `${rows} rows: ${accepted} accepted${made.length > 0 ? ` (${made.join(', ')})` : ''}, ${skipped} of no use to the map, ${rejected} refused.`,
    ...answer.warnings.map((warning) => `! ${warning}`),
    ...rejectedRows.slice(0, refusedShown).map(({ line, reason }) => `  line ${line}: ${reason}`),
  ]
  const shown = Math.min(refusedShown, rejectedRows.length)
  if (rejected > shown)
    lines.push(
      `  ${shown === 0 ? `${rejected} that were named before` : `and ${rejected - shown} more`}${report === undefined ? '; --report FILE has them all' : ''}`,
    )
  if (dryRun === true) lines.push('Nothing was written.')
  else if (answer.state === 'cut')
    lines.push('The file is cut: what it had is in; import the whole file when you have it.')
  return lines.join('\n')
}
