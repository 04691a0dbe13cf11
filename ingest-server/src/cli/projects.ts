/** `touchline projects`: lists and makes projects, and sets how each treats what it is sent. */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { projectsFileOf, type Config } from '../config.js'
import { addKey, addProject, changeProjectsFile, setProject } from '../projects/key-ring.js'
import { newKey, newKeyId } from '../projects/new-key.js'
import {
  emptyEntry,
  readProjectsFile,
  type PrivacyRules,
  type ProjectEntry,
} from '../projects/projects-file.js'
import { usageError, positiveNumber, subcommand, table, type Command } from './command.js'

const usage = `touchline projects list
touchline projects create ID                 makes the project, a write key and a secret key, and prints both
touchline projects set ID [option]…          "none" takes a setting back
  --identify open|signed-only   whether unsigned claims about users count
  --origin https://*.shop.com   (several) pages that may use its write keys
  --rate 500                    events a second over all its keys
  --address-rate 20             events a second from one address (IPv6: one /64)
  --retention 400               days after which events are deleted (profiles and who-is-who stay)
  --drop NAME --hash NAME       (several) properties that are dropped, or kept as a keyed hash
  --gpc, --dnt ignore|anonymous|drop   what Sec-GPC: 1 and DNT: 1 mean
  --public-key FILE             (several) PEM files that check userTokens
  --jwks https://…/jwks.json    public keys of an identity provider
  --issuer TEXT                 iss that a userToken must name`

const options = {
  identify: { type: 'string' },
  origin: { type: 'string', multiple: true },
  rate: { type: 'string' },
  'address-rate': { type: 'string' },
  retention: { type: 'string' },
  drop: { type: 'string', multiple: true },
  hash: { type: 'string', multiple: true },
  gpc: { type: 'string' },
  dnt: { type: 'string' },
  'public-key': { type: 'string', multiple: true },
  jwks: { type: 'string' },
  issuer: { type: 'string' },
} as const

type Options = ReturnType<typeof parse>['values']
const parse = (args: string[]) => parseArgs({ args, options, allowPositionals: true })

export const projects: Command = {
  summary: 'list and create projects, set their rules',
  usage,
  async run(args, config) {
    const [action, rest] = subcommand(args, ['list', 'create', 'set'])
    if (action === 'list') return console.log(listed(config))
    const { values, positionals } = parse(rest)
    const [id] = positionals
    if (id === undefined) throw usageError(`which project? touchline projects ${action} ID`)
    return action === 'create' ? await create(config, id) : await set(config, id, values)
  },
}

function listed(config: Config): string {
  const { file, isOptional } = projectsFileOf(config)
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
  return table(['PROJECT', 'IDENTIFY', 'EVENTS/S', 'KEPT', 'ORIGINS', 'PRIVACY'], rows)
}

async function create(config: Config, id: string): Promise<void> {
  const createdAt = new Date().toISOString()
  const [writeKey, secretKey] = [newKey('write'), newKey('secret')]
  await changeProjectsFile(projectsFileOf(config).file, (entries) => {
    const added = addProject(entries, id)
    const common = { projectId: id, createdAt }
    const withWrite = addKey(added, { ...common, kind: 'write', id: newKeyId(), key: writeKey })
    return addKey(withWrite, { ...common, kind: 'secret', id: newKeyId(), key: secretKey })
  })
  console.log(`write key   ${writeKey}\nsecret key  ${secretKey}`)
  console.error(`Project ${id} is there. The secret key is shown this once and kept as its hash.`)
}

async function set(config: Config, id: string, values: Options): Promise<void> {
  if (Object.keys(values).length === 0)
    throw usageError('nothing to set; touchline projects --help lists the settings.')
  await changeProjectsFile(projectsFileOf(config).file, (entries) => {
    const before = entries.find((entry) => entry.id === id) ?? emptyEntry(id)
    return setProject(entries, id, settingsIn(values, before))
  })
  console.log(`Project ${id} is set.`)
}

type Settings = { [Name in keyof ProjectEntry]?: ProjectEntry[Name] | undefined }

const isNone = (value: string | string[]) => value === 'none' || (Array.isArray(value) && value[0] === 'none')

function settingsIn(values: Options, before: ProjectEntry): Settings {
  const settings: Settings = {}
  const { identify, origin, rate, 'address-rate': addressRate, retention, jwks, issuer } = values
  if (identify !== undefined) settings.identify = identifyIn(identify)
  if (origin !== undefined) settings.origins = isNone(origin) ? undefined : origin
  if (rate !== undefined) settings.eventsPerSecond = isNone(rate) ? undefined : positiveNumber(rate, '--rate')
  if (addressRate !== undefined)
    settings.eventsPerSecondPerAddress = isNone(addressRate)
      ? undefined
      : positiveNumber(addressRate, '--address-rate')
  if (retention !== undefined)
    settings.retentionDays = isNone(retention) ? undefined : positiveNumber(retention, '--retention')
  if (jwks !== undefined) settings.jwksUrl = isNone(jwks) ? undefined : jwks
  if (issuer !== undefined) settings.tokenIssuer = isNone(issuer) ? undefined : issuer
  const { drop, hash, gpc, dnt, 'public-key': publicKeys } = values
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
