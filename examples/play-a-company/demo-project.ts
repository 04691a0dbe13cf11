/** The project `demo` and a secret key of it, made by the `touchline` command and kept beside the server's own keys. */
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

interface Place {
  /** The server's. */
  dataDir: string
  /** Of this repository. */
  root: string
}

const project = 'demo'

export async function demoKey({ dataDir, root }: Place): Promise<string> {
  const file = join(dataDir, 'demo-key')
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept.trim() !== '') return kept.trim()
  const touchline = commandOf({ dataDir, root })
  if (!(await touchline(['projects', 'list'])).split('\n').some((line) => line.startsWith(`${project} `))) {
    await touchline(['projects', 'create', project])
  }
  const key = await touchline([
    'keys',
    'create',
    '--project',
    project,
    '--kind',
    'secret',
    '--name',
    'of npm run demo',
  ])
  await writeFile(file, `${key}\n`, { mode: 0o600 })
  return key
}

/** Keys, events, people and accounts of the demo; nothing of any other project. */
export async function removeDemo({ dataDir, root }: Place): Promise<string> {
  const said = await commandOf({ dataDir, root })(['projects', 'remove', project, '--yes'])
  await rm(join(dataDir, 'demo-key'), { force: true })
  return said
}

const commandOf =
  ({ dataDir, root }: Place) =>
  async (args: string[]): Promise<string> => {
    const cli = join(root, 'ingest-server/dist/cli.js')
    const env = { ...process.env, DATA_DIR: dataDir }
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { env })
    return stdout.trim()
  }
