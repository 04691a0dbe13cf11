// The SDKs under measure: each is made the same three verbs. `defaults` is what its README starts with; `tuned`
// is what its own options allow for a burst: larger batches, and a queue that holds all of it.
const peers = new URL('../../.cache/bench-node-sdk/node_modules/', import.meta.url)
const drainMs = 600_000

export const sdks = {
  touchline: () => touchline({}),
  'touchline, spool': (options) => touchline({ spool: options.spoolDir }),
  'segment, defaults': () => segment({}),
  'segment, tuned': () => segment({ flushAt: 1_000 }),
  'rudderstack, defaults': () => rudderstack({}),
  'rudderstack, tuned': () => rudderstack({ flushAt: 1_000, maxInternalQueueSize: 1_000_000 }),
  'posthog, defaults': () => posthog({}),
  'posthog, tuned': () => posthog({ flushAt: 1_000, maxBatchSize: 1_000, maxQueueSize: 1_000_000 }),
}

/** Packages of the peers, for the installation and the versions in the table. */
export const peerPackages = ['@segment/analytics-node', '@rudderstack/rudder-sdk-node', 'posthog-node']

async function touchline(options) {
  const { Touchline } = await import(new URL('../../sdk-node/dist/index.js', import.meta.url))
  return (host) => {
    const client = new Touchline({ writeKey: 'bench', host, ...options })
    return {
      track: (event) => client.track(event),
      drain: () => client.close({ timeoutMs: drainMs }),
    }
  }
}

async function segment(options) {
  const { Analytics } = await importPeer('@segment/analytics-node')
  return (host) => {
    const client = new Analytics({ writeKey: 'bench', host, ...options })
    client.on('error', () => undefined)
    return { track: (event) => client.track(event), drain: () => client.closeAndFlush({ timeout: drainMs }) }
  }
}

async function rudderstack(options) {
  const { default: Analytics } = await importPeer('@rudderstack/rudder-sdk-node')
  return (host) => {
    const client = new Analytics('bench', { dataPlaneUrl: host, logLevel: 'error', ...options })
    return {
      track: (event) => client.track(event),
      drain: async () => {
        await client.flush()
      },
    }
  }
}

async function posthog(options) {
  const { PostHog } = await importPeer('posthog-node')
  return (host) => {
    const client = new PostHog('bench', { host, ...options })
    client.on('error', () => undefined)
    return {
      // It has no context; the same facts go into its properties.
      track: ({ userId, event, properties, context: { ip, userAgent } }) => {
        properties.$ip = ip
        properties.$raw_user_agent = userAgent
        client.capture({ distinctId: userId, event, properties })
      },
      drain: () => client.shutdown(drainMs),
    }
  }
}

async function importPeer(name) {
  const { createRequire } = await import('node:module')
  const loaded = await import(createRequire(peers).resolve(name))
  return loaded.default?.default === undefined ? loaded : { ...loaded, ...loaded.default }
}
