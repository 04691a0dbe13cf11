/** `touchline projects`: lists and makes projects, and sets how each treats what it is sent. */
import { existsSync, readFileSync } from 'node:fs'
import { Option } from 'commander'
import { projectsFileOf, type Config } from '../../config.js'
import { pause } from '../../loop.js'
import { addKey, addProject, changeProjectsFile, removeProject, setProject } from '../../projects/key-ring.js'
import { newKey, newKeyId } from '../../projects/new-key.js'
import {
  emptyEntry,
  readProjectsFile,
  type PrivacyRules,
  type ProjectEntry,
} from '../../projects/projects-file.js'
import { asOperator, askServer, requireServer } from '../open-parts.js'
import { positive, several, table, usageError, type AddTo, type Cli } from '../command.js'

/** Values as they were given; "none" takes a setting back. */
interface Options {
  identify?: string
  origin?: string[]
  rate?: string
  addressRate?: string
  retention?: string
  drop?: string[]
  hash?: string[]
  gpc?: string
  dnt?: string
  publicKey?: string[]
  jwks?: string
  issuer?: string
  name?: string
  timezone?: string
  currency?: string
  variable?: string[]
}

export const addProjects: AddTo = (command, cli) => {
  command
    .command('list')
    .description('every project and its rules')
    .action(() => list(cli))
  command
    .command('create')
    .argument('<id>', 'the project')
    .description('make a project, a write key and a secret key, and print both')
    .action((id: string) => create(cli, id))
  command
    .command('remove')
    .argument('<id>', 'the project')
    .description(
      'take its keys away and remove everything of it from log and tables; asks the running server',
    )
    .option('--yes', 'without which nothing is removed')
    .action((id: string, { yes }: { yes?: true }) => remove(cli, id, yes === true))
  const signals = ['ignore', 'anonymous', 'drop', 'none']
  command
    .command('set')
    .argument('<id>', 'the project')
    .description('set its rules; the value none takes one back')
    .addOption(
      new Option('--identify <who>', 'whether unsigned claims about users count').choices([
        'open',
        'signed-only',
        'none',
      ]),
    )
    .option('--origin <origin>', '(several) pages that may use its write keys: https://*.shop.com', several)
    .option('--rate <number>', 'events a second over all its keys')
    .option('--address-rate <number>', 'events a second from one address (IPv6: one /64)')
    .option('--retention <days>', 'after which events are deleted (profiles and who-is-who stay)')
    .option('--drop <name>', '(several) properties that are dropped', several)
    .option('--hash <name>', '(several) properties that are kept as a keyed hash', several)
    .addOption(new Option('--gpc <rule>', 'what Sec-GPC: 1 means').choices(signals))
    .addOption(new Option('--dnt <rule>', 'what DNT: 1 means').choices(signals))
    .option('--public-key <file>', '(several) PEM files that check userTokens', several)
    .option('--jwks <url>', 'public keys of an identity provider')
    .option('--issuer <text>', 'iss that a userToken must name')
    .option('--name <text>', 'what the Explorer calls it')
    .option('--timezone <zone>', 'in which the Explorer shows times: Europe/Berlin')
    .option('--currency <code>', 'three capitals: EUR')
    .option(
      '--variable <name>',
      '(several) variables that its definitions may name: SHOP_CRM, SHOP_*',
      several,
    )
    .action((id: string, options: Options) => set(cli, id, options))
}

function list({ config, print }: Cli): void {
  const { file, isOptional } = projectsFileOf(config())
  const entries = isOptional && !existsSync(file) ? [] : readProjectsFile(file)
  const all = entries.some(({ id }) => id === 'default') ? entries : [emptyEntry('default'), ...entries]
  const rows = all.map((entry) => [
    entry.id,
    entry.identify ?? 'open',
    entry.eventsPerSecond === undefined ? 'any' : String(entry.eventsPerSecond),
    entry.retentionDays === undefined ? 'for ever' : `${entry.retentionDays} days`,
    (entry.origins ?? ['any']).join(' '),
    entry.privacy ? `gpc ${entry.privacy.gpc}, dnt ${entry.privacy.dnt}` : '',
  ])
  const listed = all.map(({ id, identify = 'open', eventsPerSecond, retentionDays, origins, privacy }) => ({
    id,
    identify,
    eventsPerSecond,
    retentionDays,
    origins,
    privacy: privacy && { gpc: privacy.gpc, dnt: privacy.dnt },
  }))
  print(listed, table(['PROJECT', 'IDENTIFY', 'EVENTS/S', 'KEPT', 'ORIGINS', 'PRIVACY'], rows))
}

async function create({ config, print }: Cli, id: string): Promise<void> {
  const createdAt = new Date().toISOString()
  const [writeKey, secretKey] = [newKey('write'), newKey('secret')]
  await changeProjectsFile(projectsFileOf(config()).file, (entries) => {
    const added = addProject(entries, id)
    const common = { projectId: id, createdAt }
    const withWrite = addKey(added, { ...common, kind: 'write', id: newKeyId(), key: writeKey })
    return addKey(withWrite, { ...common, kind: 'secret', id: newKeyId(), key: secretKey })
  })
  print({ id, writeKey, secretKey }, `write key   ${writeKey}\nsecret key  ${secretKey}`)
  console.error(`Project ${id} is there. The secret key is shown this once and kept as its hash.`)
}

interface Removal {
  status: 'running' | 'removed'
  remaining: Record<string, number>
}

const askEveryMs = 1_000

async function remove({ config: settings, print, isJson }: Cli, id: string, isSure: boolean): Promise<void> {
  const config = settings()
  if (!isSure) throw usageError(`everything of ${id} would be removed for good: say --yes.`)
  await requireServer(config)
  await changeProjectsFile(projectsFileOf(config).file, (entries) => removeProject(entries, id))
  await asOperator(config, (key) => untilRemoved(config, { id, key, isQuiet: isJson() }))
  print({ id }, `Project ${id} is gone.`)
}

async function untilRemoved(
  config: Config,
  { id, key, isQuiet }: { id: string; key: string; isQuiet: boolean },
): Promise<void> {
  const path = `/v1/projects/${encodeURIComponent(id)}`
  for (let said = ''; ; await pause(askEveryMs)) {
    // Until the server has read the file it says that the project is in use.
    const answer = await askServer<Removal>(config, path, { method: 'DELETE', key }).catch(
      (error: unknown) => {
        if (error instanceof Error && error.message.includes('is in use')) return undefined
        throw error
      },
    )
    if (answer?.status === 'removed') return
    const rows = Object.entries(answer?.remaining ?? {}).map(([table, count]) => `${table} ${count}`)
    if (!isQuiet && rows.length > 0 && rows.join() !== said) console.error(`removing: ${rows.join(', ')}`)
    said = rows.join()
  }
}

async function set({ config, print }: Cli, id: string, values: Options): Promise<void> {
  if (Object.keys(values).length === 0)
    throw usageError('nothing to set; touchline projects --help lists the settings.')
  await changeProjectsFile(projectsFileOf(config()).file, (entries) => {
    const before = entries.find((entry) => entry.id === id) ?? emptyEntry(id)
    return setProject(entries, id, settingsIn(values, before))
  })
  print({ id }, `Project ${id} is set.`)
}

type Settings = { [Name in keyof ProjectEntry]?: ProjectEntry[Name] | undefined }

const isNone = (value: string | string[]) => value === 'none' || (Array.isArray(value) && value[0] === 'none')

function settingsIn(values: Options, before: ProjectEntry): Settings {
  const settings: Settings = {}
  const { identify, origin, rate, addressRate, retention, jwks, issuer } = values
  if (identify !== undefined) settings.identify = identifyIn(identify)
  if (origin !== undefined) settings.origins = isNone(origin) ? undefined : origin
  if (rate !== undefined) settings.eventsPerSecond = isNone(rate) ? undefined : positive('--rate')(rate)
  if (addressRate !== undefined)
    settings.eventsPerSecondPerAddress = isNone(addressRate)
      ? undefined
      : positive('--address-rate')(addressRate)
  if (retention !== undefined)
    settings.retentionDays = isNone(retention) ? undefined : positive('--retention')(retention)
  if (jwks !== undefined) settings.jwksUrl = isNone(jwks) ? undefined : jwks
  if (issuer !== undefined) settings.tokenIssuer = isNone(issuer) ? undefined : issuer
  for (const setting of ['name', 'timezone', 'currency'] as const) {
    const value = values[setting]
    if (value !== undefined) settings[setting] = isNone(value) ? undefined : value
  }
  const { drop, hash, gpc, dnt, publicKey: publicKeys, variable } = values
  if (variable !== undefined) settings.variables = isNone(variable) ? undefined : variable
  if ([drop, hash, gpc, dnt].some((value) => value !== undefined))
    settings.privacy = privacyIn({ drop, hash, gpc, dnt }, before.privacy)
  if (publicKeys !== undefined) {
    const secrets = before.signingKeys.filter((key) => 'secret' in key)
    const read = isNone(publicKeys)
      ? []
      : publicKeys.map((path) => ({ id: newKeyId(), publicKey: readPem(path) }))
    settings.signingKeys = [...secrets, ...read]
  }
  return settings
}

function identifyIn(text: string): 'open' | 'signed-only' | undefined {
  if (text === 'none') return undefined
  if (text === 'open' || text === 'signed-only') return text
  throw usageError('--identify: open or signed-only.')
}

function privacyIn(
  {
    drop,
    hash,
    gpc,
    dnt,
  }: Record<'drop' | 'hash', string[] | undefined> & Record<'gpc' | 'dnt', string | undefined>,
  before: PrivacyRules | undefined,
): PrivacyRules {
  const names = (asked: string[] | undefined, old: string[] | undefined) =>
    asked === undefined ? (old ?? []) : isNone(asked) ? [] : asked
  const hashProperties = names(hash, before?.hashProperties)
  return {
    dropProperties: names(drop, before?.dropProperties),
    hashProperties,
    // Made once and kept: with another salt the same value would get another hash.
    ...(hashProperties.length > 0 || before?.hashSalt
      ? { hashSalt: before?.hashSalt ?? newKey('signing') }
      : {}),
    gpc: signalIn(gpc, '--gpc') ?? before?.gpc ?? 'ignore',
    dnt: signalIn(dnt, '--dnt') ?? before?.dnt ?? 'ignore',
  }
}

function signalIn(text: string | undefined, option: string): PrivacyRules['gpc'] | undefined {
  if (text === undefined) return undefined
  if (text === 'ignore' || text === 'anonymous' || text === 'drop') return text
  if (text === 'none') return 'ignore'
  throw usageError(`${option}: ignore, anonymous or drop.`)
}

function readPem(path: string): string {
  const text = readFileSync(path, 'utf8')
  if (!text.includes('-----BEGIN')) throw usageError(`--public-key: ${path} is not a PEM file.`)
  return text
}
