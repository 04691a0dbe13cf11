/**
 * `touchline mcp`: the tools of a running server over stdin and stdout, for assistants that start a program rather than open
 * an address. Every message is passed on to the server's /mcp, so that there is one truth; stdout holds the protocol alone.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import {
  CallToolRequestSchema,
  CallToolResultSchema,
  ListToolsRequestSchema,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js'
import type { Config } from '../config.js'
import { usageError, type AddTo } from './command.js'
import { secretKeyOf, serverUrl } from './open-parts.js'

interface Chosen {
  url?: string
  key?: string
}

export const addMcp: AddTo = (command, cli) => {
  command
    .addHelpText(
      'after',
      '\nAn assistant starts it and speaks the Model Context Protocol with it; it asks the running server and only reads.',
    )
    .option('--url <address>', 'of a server elsewhere, such as https://touchline.example.com')
    .option('--key <secret-key>', 'of another project than the default one; or TOUCHLINE_SECRET_KEY')
    .action(async (chosen: Chosen) => serve(await serverOf(cli.config(), chosen)))
}

interface Server {
  url: string
  key: string
}

async function serverOf(config: Config, { url, key }: Chosen): Promise<Server> {
  if (url === undefined) return { url: serverUrl(config), key: await secretKeyOf(config, key) }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usageError(`--url: ${url} is no address such as https://touchline.example.com.`)
  // The key that is kept here belongs to the server here, and goes to no other.
  const named = key ?? config.TOUCHLINE_SECRET_KEY
  if (named === undefined) throw usageError('--url needs --key, or TOUCHLINE_SECRET_KEY, of that server.')
  return { url: url.replace(/\/+$/, ''), key: named }
}

async function serve(server: Server): Promise<void> {
  await requireWelcome(server)
  const client = await connected(server)
  const bridge = new McpServer(client.getServerVersion() ?? { name: 'touchline', version: '' }, {
    capabilities: { tools: {} },
    ...(client.getInstructions() !== undefined && { instructions: client.getInstructions() ?? '' }),
  })
  bridge.server.setRequestHandler(ListToolsRequestSchema, ({ params }) => client.listTools(params))
  bridge.server.setRequestHandler(CallToolRequestSchema, ({ params }) =>
    client.request({ method: 'tools/call', params }, CallToolResultSchema).catch((error: unknown) => {
      return unanswered(server, error)
    }),
  )
  const ended = new Promise<void>((resolve) => process.stdin.once('end', resolve))
  await bridge.connect(new StdioServerTransport())
  await ended
  await bridge.close()
  await client.close()
}

/** Who cannot be asked is told at once and in one line, not in the middle of a conversation. */
async function requireWelcome({ url, key }: Server): Promise<void> {
  const answer = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'ping' }),
  }).catch((cause: unknown) => {
    throw new Error(`no server answers at ${url}; start it, or say where with --url.`, { cause })
  })
  if (answer.ok) return
  const said = await answer.text()
  throw new Error(`the server at ${url} answers ${answer.status}: ${messageIn(said)}`)
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? ''
  } catch {
    return 'that is no answer of Touchline.'
  }
}

async function connected({ url, key }: Server): Promise<Client> {
  const client = new Client({ name: 'touchline mcp', version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  })
  await client.connect(transport)
  return client
}

function unanswered({ url }: Server, error: unknown): CallToolResult {
  const why = error instanceof Error ? error.message : String(error)
  return { isError: true, content: [{ type: 'text', text: `The server at ${url} did not answer: ${why}` }] }
}
