#!/usr/bin/env node
/** `touchline`: what an operator does beside the server. One file a command under cli/; here only the choice. */
import type { Command } from './cli/command.js'
import { readConfig } from './config.js'
import { TouchlineError } from './errors.js'
import { inDataDir } from './start-errors.js'

// Loaded when asked for: `keys` must not wait for ClickHouse's client to be read.
const commands: Record<string, () => Promise<Command>> = {
  keys: async () => (await import('./cli/keys.js')).keys,
  projects: async () => (await import('./cli/projects.js')).projects,
  doctor: async () => (await import('./cli/doctor.js')).doctor,
  backup: async () => (await import('./cli/backup.js')).backup,
  restore: async () => (await import('./cli/restore.js')).restore,
  rejected: async () => (await import('./cli/rejected.js')).rejected,
  'dead-letters': async () => (await import('./cli/dead-letters.js')).deadLetters,
  replay: async () => (await import('./cli/replay.js')).replay,
  stitch: async () => (await import('./cli/stitch.js')).stitch,
  touchpoints: async () => (await import('./cli/touchpoints.js')).touchpoints,
  grants: async () => (await import('./cli/grants.js')).grants,
  'kafka-engine': async () => (await import('./cli/kafka-engine.js')).kafkaEngine,
}

const [name = 'help', ...args] = process.argv.slice(2)

try {
  process.exitCode = await run()
} catch (error) {
  console.error(`touchline ${name}: ${inOneLine(error)}`)
  if (args.includes('--trace')) console.error(error)
  process.exitCode = 1
}

async function run(): Promise<number> {
  if (name === 'help' || name === '--help' || name === '-h') {
    console.log(await help())
    return 0
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) {
    console.error(`touchline: there is no command "${name}". touchline help lists them.`)
    return 2
  }
  const command = await load()
  if (args.includes('--help') || args.includes('-h')) {
    console.log(command.usage)
    return 0
  }
  const own = args.filter((argument) => argument !== '--trace')
  const config = readConfig()
  try {
    return (await command.run(own, config)) ?? 0
  } catch (error) {
    throw inDataDir(error, config)
  }
}

async function help(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([word, load]) => `  ${word.padEnd(14)}${(await load()).summary}`),
  )
  return [
    'touchline <command> [options]     (touchline <command> --help says more)',
    '',
    ...lines,
    '',
    'Settings are those of the server: the same environment variables, the same DATA_DIR.',
  ].join('\n')
}

function inOneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isUsage = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  const [first = ''] = error.message.split('\n')
  return isUsage || error instanceof TouchlineError ? first : `${first} (--trace shows where)`
}
