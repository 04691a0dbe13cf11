/**
 * What browser SDKs of others ask for before they send anything.
 *
 *     Segment:      GET /v1/projects/:writeKey/settings      silent without integrations["Segment.io"]
 *     RudderStack:  GET /sourceConfig/?writeKey=…            needs source.id, source.config, source.destinations
 */

/** `apiHost` is host, port and path below which `/t`, `/p`, … are posted. */
export function segmentSettings(writeKey: string, address: { host: string; protocol: string }): object {
  const enabled = { enabled: true, integrations: {} }
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${address.host}/v1`,
        protocol: address.protocol,
        addBundledMetadata: true,
        unbundledIntegrations: [],
        maybeBundledConfigIds: {},
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: { track: { __default: enabled }, identify: { __default: enabled }, group: { __default: enabled } },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  }
}

/** No destinations: everything goes to the data plane that the page named, which is this server. */
export function rudderSourceConfig(projectId: string, writeKey: string): object {
  const updatedAt = '2024-01-01T00:00:00.000Z'
  const off = { enabled: false }
  return {
    source: {
      id: projectId,
      name: projectId,
      writeKey,
      enabled: true,
      config: { statsCollection: { errors: off, metrics: off } },
      destinations: [],
      dataplanes: {},
      workspaceId: projectId,
      sourceDefinition: { name: 'Javascript', category: null },
      updatedAt,
    },
    updatedAt,
  }
}
