/** `touchline sign-in`: a link that opens the Explorer, for whoever reads DATA_DIR; the running server takes its code. */
import { Option } from 'commander'
import { explorerPathOf } from '@touchline/schemas/api'
import { codeLivesMs, createCodes } from '../../http/explorer/codes.js'
import { linkOf } from '../../http/explorer/sign-in-link.js'
import type { Role } from '../../projects/project.js'
import { usageError, type AddTo, type Cli } from '../command.js'
import { projectsOf, serverUrl } from '../open-parts.js'

interface Asked {
  project: string
  role: Role
  to?: string
}

export const addSignIn: AddTo = (command, cli) => {
  command
    .option('--project <id>', 'whose journeys it shows', 'default')
    .addOption(
      new Option('--role <role>', 'read changes nothing').choices(['read', 'admin']).default('admin'),
    )
    .option('--to <path>', 'where it leads, such as /accounts/acme')
    .action((asked: Asked) => signIn(cli, asked))
}

async function signIn({ config: settings, print }: Cli, { project, role, to }: Asked): Promise<void> {
  const config = settings()
  if (to !== undefined && explorerPathOf(to) === undefined)
    throw usageError('--to: must be a path of the Explorer, such as /accounts/acme.')
  const [key] = (await projectsOf(config)).secretsOf?.(project) ?? []
  if (key === undefined)
    throw usageError(`${project} has no secret key in force; \`touchline keys create\` makes one.`)
  const codes = createCodes(config.DATA_DIR, Date.now)
  const code = await codes.make({ project, keyHash: key.hash, role })
  const url = linkOf(config.PUBLIC_URL?.replace(/\/$/, '') ?? serverUrl(config), code, to)
  print({ url, expiresAt: new Date(Date.now() + codeLivesMs).toISOString() }, url)
}
