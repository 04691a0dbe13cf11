/**
 * The keys of the default project that stand in the settings: the environment, or DATA_DIR/keys.json. They are ended by
 * their hash, for no file can take them out of an environment.
 */
import type { Config } from '../../config.js'
import { hashesOf, type ListedKey } from '../../projects/key-ring.js'
import { idOfKey } from '../../projects/projects.js'
import { hashOfKey, type ProjectEntry } from '../../projects/projects-file.js'
import { keysIfThere } from '../kept-keys.js'

export interface SettingsKey extends ListedKey {
  kind: 'write' | 'secret'
  hash: string
  clear: string
  /** The variable that gives it, and whether it does: else it stands in keys.json. */
  variable: 'TOUCHLINE_WRITE_KEY' | 'TOUCHLINE_SECRET_KEY'
  isOfEnvironment: boolean
}

export async function settingsKeys(config: Config): Promise<SettingsKey[]> {
  const keys = await keysIfThere(config)
  if (keys === undefined) return []
  const { writeKey, secretKey } = keys
  return [
    {
      ...inCommon(writeKey),
      kind: 'write',
      key: writeKey,
      variable: 'TOUCHLINE_WRITE_KEY',
      isOfEnvironment: config.TOUCHLINE_WRITE_KEY !== undefined,
    },
    {
      ...inCommon(secretKey),
      kind: 'secret',
      variable: 'TOUCHLINE_SECRET_KEY',
      isOfEnvironment: config.TOUCHLINE_SECRET_KEY !== undefined,
    },
  ]
}

const inCommon = (clear: string) => ({
  projectId: 'default',
  name: 'of the settings',
  id: idOfKey(clear),
  hash: hashOfKey(clear),
  clear,
})

/** By the id of the settings, or by that of the file where the key stands there as well. */
export async function ownKey(
  config: Config,
  entries: readonly ProjectEntry[],
  { id, projectId }: { id: string; projectId: string },
): Promise<SettingsKey | undefined> {
  if (projectId !== 'default') return undefined
  const meant = hashesOf(entries, projectId).find((key) => key.id === id)?.hash
  return (await settingsKeys(config)).find((key) => key.id === id || key.hash === meant)
}
