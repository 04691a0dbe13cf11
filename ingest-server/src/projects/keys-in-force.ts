/** What each key opens, as settings and the file say at this moment: looked up by every request. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Credential, KeyBinding, Project, ProjectOptions, Role, SecretInForce } from './project.js'
import {
  emptyEntry,
  hashOfKey,
  invalid,
  toRevoked,
  toSecretKey,
  toWriteKey,
  type ProjectEntry,
} from './projects-file.js'

export interface KeysInForce {
  projects: readonly Project[]
  credentialOf(key: string): Credential | undefined
  secretsOf(project: string): readonly SecretInForce[]
  writeKeyOf(project: string): string | undefined
}

/** A key that ends by itself, or never. */
type Held = Credential & { hash: string; expiresAtMs: number }

/** The default project and those of the file. Throws CONFIG_INVALID where two of them have the same write key. */
export function keysInForce(
  { defaultProject, file = 'file' }: ProjectOptions,
  entries: readonly ProjectEntry[],
): KeysInForce {
  const defaultId = defaultProject.id ?? 'default'
  const own = entries.find(({ id }) => id === defaultId) ?? emptyEntry(defaultId)
  const all = [
    {
      ...own,
      writeKeys: [defaultProject.writeKey, ...own.writeKeys],
      secretKeys: [defaultProject.secretKey, ...own.secretKeys],
    },
    ...entries.filter(({ id }) => id !== defaultId),
  ]
  // Looked up by a keyed hash whose key only this process knows: how long a lookup takes says nothing about
  // which kept key a guess was near, however many there are.
  const lookupKey = randomBytes(32)
  const lookup = (hash: string) => createHmac('sha256', lookupKey).update(hash).digest('base64')
  const writers = new Map<string, Held>()
  const secrets = new Map<string, Held>()
  const projects: Project[] = []
  for (const entry of all) {
    const project = projectOf(entry)
    projects.push(project)
    const endOf = endsIn(entry)
    for (const { key, expiresAt, ...binding } of entry.writeKeys.map(toWriteKey)) {
      const hash = hashOfKey(key)
      const expiresAtMs = endOf(hash, expiresAt)
      if (expiresAtMs === -Infinity) continue
      const other = writers.get(key)
      if (other && other.project !== project)
        throw invalid(file, `gives a write key of ${project.id} to ${other.project.id} as well`)
      writers.set(key, { project, kind: 'write', key: bindingOf(binding), hash, expiresAtMs })
    }
    for (const { id, hash, role, expiresAt } of entry.secretKeys.map(toSecretKey)) {
      const expiresAtMs = endOf(hash, expiresAt)
      if (expiresAtMs > -Infinity)
        secrets.set(lookup(hash), {
          project,
          kind: 'secret',
          key: { id },
          ...readOnly(role),
          hash,
          expiresAtMs,
        })
    }
  }

  const inForce = (held: Held | undefined) => (held && Date.now() < held.expiresAtMs ? held : undefined)
  return {
    projects,
    credentialOf(asked) {
      const writer = inForce(writers.get(asked))
      if (writer) return writer
      const hash = hashOfKey(asked)
      const found = inForce(secrets.get(lookup(hash)))
      return found && timingSafeEqual(Buffer.from(found.hash), Buffer.from(hash)) ? found : undefined
    },
    secretsOf: (asked) => secretsIn([...secrets.values()].filter(inForce), asked),
    writeKeyOf: (asked) => [...writers].find(([, held]) => held.project.id === asked && inForce(held))?.[0],
  }
}

const readOnly = (role: Role | undefined) => (role === 'read' ? { role } : {})

const secretsIn = (all: readonly Held[], asked: string): SecretInForce[] =>
  all
    .filter(({ project }) => project.id === asked)
    .map(({ project, key, hash, role = 'admin' }) => ({ project, id: key?.id ?? '', hash, role }))

/** When a key of the entry ends: by itself, or because it was revoked; -Infinity where that is so at once. */
function endsIn({ revoked }: ProjectEntry): (hash: string, expiresAt: string | undefined) => number {
  const ends = new Map<string, number>()
  for (const { hash, endsAt } of revoked.map(toRevoked)) {
    const end = endsAt === undefined ? -Infinity : Date.parse(endsAt)
    ends.set(hash, Math.min(end, ends.get(hash) ?? Infinity))
  }
  return (hash, expiresAt) =>
    Math.min(ends.get(hash) ?? Infinity, expiresAt === undefined ? Infinity : Date.parse(expiresAt))
}

function bindingOf({ id, origins, types, events, eventsPerSecond }: Binding): KeyBinding {
  return {
    id,
    ...(origins && { origins }),
    ...(types && { types }),
    ...(events && { events }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
  }
}
type Binding = Omit<ReturnType<typeof toWriteKey>, 'key' | 'expiresAt'>

function projectOf(entry: ProjectEntry): Project {
  const { id, identify = 'open', origins, eventsPerSecond, signingKeys, jwksUrl, tokenIssuer } = entry
  const { name, timezone, currency } = entry
  const perAddress = entry.eventsPerSecondPerAddress
  const signs = signingKeys.length > 0 || jwksUrl !== undefined
  return {
    id,
    identify,
    ...(name !== undefined && { name }),
    ...(timezone !== undefined && { timezone }),
    ...(currency !== undefined && { currency }),
    ...(origins && { origins }),
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(perAddress !== undefined && { eventsPerSecondPerAddress: perAddress }),
    ...(signs && {
      signing: {
        keys: signingKeys,
        ...(jwksUrl !== undefined && { jwksUrl }),
        ...(tokenIssuer !== undefined && { issuer: tokenIssuer }),
      },
    }),
    ...(entry.privacy && { privacy: entry.privacy }),
    ...(entry.domains && { domains: entry.domains }),
    ...(entry.retentionDays !== undefined && { retentionDays: entry.retentionDays }),
    ...(entry.variables && { variables: entry.variables }),
  }
}
