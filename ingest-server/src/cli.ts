#!/usr/bin/env node
/** `touchline`: the server, and what an operator does beside it. One file a command under cli/; here only the choice. */
import { Command, CommanderError } from 'commander'
import type { AddTo } from './cli/command.js'
import { readConfig, type Config } from './config.js'
import { TouchlineError } from './errors.js'
import { inDataDir } from './start-errors.js'
import { serverVersion } from './version.js'

// Loaded when asked for: `keys` must not wait for ClickHouse's client to be read.
const commands: Record<string, { summary: string; load: () => Promise<AddTo> }> = {
  start: {
    summary: 'start the server, as touchline alone does',
    load: async () => (await import('./cli/start.js')).addStart,
  },
  keys: {
    summary: 'list, create, rotate and revoke the keys of a project',
    load: async () => (await import('./cli/keys/keys.js')).addKeys,
  },
  projects: {
    summary: 'list and create projects, set their rules',
    load: async () => (await import('./cli/keys/projects.js')).addProjects,
  },
  'sign-in': {
    summary: 'print a link that opens the Explorer, once',
    load: async () => (await import('./cli/keys/sign-in.js')).addSignIn,
  },
  doctor: {
    summary: 'check everything and say what to do; changes nothing',
    load: async () => (await import('./cli/doctor/doctor.js')).addDoctor,
  },
  backup: {
    summary: 'copy everything that is kept under DATA_DIR',
    load: async () => (await import('./cli/backup/backup.js')).addBackup,
  },
  restore: {
    summary: 'put a backup into DATA_DIR',
    load: async () => (await import('./cli/backup/restore.js')).addRestore,
  },
  rejected: {
    summary: 'list or replay events that were refused',
    load: async () => (await import('./cli/rejected.js')).addRejected,
  },
  'dead-letters': {
    summary: 'list or replay rows that ClickHouse refused',
    load: async () => (await import('./cli/dead-letters.js')).addDeadLetters,
  },
  replay: {
    summary: 'fill ClickHouse from what the log still holds',
    load: async () => (await import('./cli/replay.js')).addReplay,
  },
  stitch: {
    summary: 'derive who is who anew from the facts',
    load: async () => (await import('./cli/stitch.js')).addStitch,
  },
  touchpoints: {
    summary: "form everybody's touchpoints anew from their events",
    load: async () => (await import('./cli/touchpoints.js')).addTouchpoints,
  },
  import: {
    summary: 'bring in history: events, people, deals and costs out of files',
    load: async () => (await import('./cli/import/import.js')).addImport,
  },
  definitions: {
    summary: 'write definitions to files, compare and apply them',
    load: async () => (await import('./cli/definitions.js')).addDefinitions,
  },
  mcp: {
    summary: 'serve the tools for assistants (MCP) over stdin and stdout',
    load: async () => (await import('./cli/mcp.js')).addMcp,
  },
  grants: {
    summary: 'print the SQL for ClickHouse users with least privileges',
    load: async () => (await import('./cli/grants.js')).addGrants,
  },
  'kafka-engine': {
    summary: "remove ClickHouse's own Kafka tables",
    load: async () => (await import('./cli/kafka-engine.js')).addKafkaEngine,
  },
}

/** A word that is no command or option; what a command itself refuses ends with 1. */
const badUsage = 2

const given = process.argv.slice(2)
const words = given.length === 0 ? ['start'] : given
const name = words.find((word) => Object.hasOwn(commands, word))
let readSettings: Config | undefined

const program = new Command('touchline')
  .description('Starts the server, and does what an operator does beside it.')
  .helpOption('-h, --help', 'say what there is')
  .version(serverVersion(), '-V, --version', 'say which version this is')
  .option('--json', 'print JSON, for programs')
  .option('--trace', 'where an error comes from')
  .addHelpText(
    'after',
    '\nSettings are those of the server: the same environment variables, the same DATA_DIR.',
  )
  // What is wrong is printed below, in one line and with the command's name.
  .exitOverride()
  .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
const options = () => program.opts<{ json?: true; trace?: true }>()

// Who reads no further (`touchline … | head`) has what they wanted. The server goes on without readers.
if (words[0] !== 'start')
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })

try {
  await addCommands()
  await program.parseAsync(words, { from: 'user' })
} catch (error) {
  process.exitCode = ended(error)
}

async function addCommands(): Promise<void> {
  const cli = { config, print, isJson: () => options().json === true }
  for (const [word, { summary, load }] of Object.entries(commands)) {
    const command = program.command(word).description(summary)
    if (word === name) (await load())(command, cli)
  }
}

function config(): Config {
  readSettings ??= readConfig()
  return readSettings
}

function print(value: unknown, text: string): void {
  console.log(options().json ? JSON.stringify(value) : text)
}

function ended(error: unknown): number {
  if (error instanceof CommanderError) return endedByCommander(error)
  const cause = readSettings === undefined ? error : inDataDir(error, readSettings)
  console.error(`${named()}: ${inOneLine(cause)}`)
  if (options().trace) console.error(cause)
  return 1
}

/** Help and version end a run too; what was misspelt is said in one line, with the near word. */
function endedByCommander({ code, message, exitCode }: CommanderError): number {
  if (exitCode === 0) return 0
  // The commands of a group, where none was named.
  const group = name === undefined ? program : program.commands.find((command) => command.name() === name)
  const wanted = `say what to do: ${(group ?? program).commands.map((command) => command.name()).join(', ')}.`
  const said = code === 'commander.help' ? wanted : message.replace(/^error: /, '').replaceAll('\n', ' ')
  console.error(`${named()}: ${said}`)
  return badUsage
}

function named(): string {
  return name === undefined ? 'touchline' : `touchline ${name}`
}

function inOneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [first = ''] = error.message.split('\n')
  return error instanceof TouchlineError ? first : `${first} (--trace shows where)`
}
