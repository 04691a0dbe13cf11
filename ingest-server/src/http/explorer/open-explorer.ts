/** What signing in to the Explorer needs, and what the server logs about it at the start. */
import type { Clock } from '../../clock.js'
import type { Logger } from '../../logger.js'
import type { Projects } from '../../projects/project.js'
import { hashOfKey } from '../../projects/projects-file.js'
import { serverVersion } from '../../version.js'
import { plainSnippet } from '../browser-sdk.js'
import { isLoopbackHost } from '../operator.js'
import { createCodes } from './codes.js'
import { createSessions } from './sessions.js'
import { linkOf } from './sign-in-link.js'

interface ExplorerOptions {
  config: { DATA_DIR: string; HOST: string; PUBLIC_URL?: string | undefined; TRUST_PROXY?: unknown }
  projects: Projects
  clock: Clock
  /** Of the project `default`, in the clear. */
  secretKey: string
  /** Where browsers reach this server, known once it listens. */
  url: () => string
}

/** Codes and sessions of this process, the link that is printed at the start, and the warning where https is missing. */
export function openExplorer({ config, projects, clock, secretKey, url }: ExplorerOptions) {
  const codes = createCodes(config.DATA_DIR, clock)
  const sessions = createSessions({
    projects,
    dataDir: config.DATA_DIR,
    secretKey,
    clock,
    publicUrl: config.PUBLIC_URL,
  })
  const snippetOf = (writeKey: string) => plainSnippet({ host: url(), writeKey })
  return {
    session: { codes, sessions, version: serverVersion(), publicUrl: url, snippetOf },
    /** For the project `default`; undefined where none of its secret keys is in force. */
    async signInLink(): Promise<string | undefined> {
      const own = hashOfKey(secretKey)
      const known = projects.secretsOf?.('default') ?? []
      const key = known.find(({ hash }) => hash === own) ?? known[0]
      if (key === undefined) return undefined
      return linkOf(url(), await codes.make({ project: 'default', keyHash: key.hash, role: key.role }))
    },
    warnOfPlainHttp(logger: Logger): void {
      const isPlain = config.PUBLIC_URL?.startsWith('https:') !== true && config.TRUST_PROXY === undefined
      if (isPlain && !isLoopbackHost(config.HOST))
        logger.warn(
          { host: config.HOST },
          'The Explorer is reached beyond this machine without https: keys and sessions can be read on the way. ' +
            'Put https in front and set PUBLIC_URL (docs/deploying.md)',
        )
    },
  }
}
