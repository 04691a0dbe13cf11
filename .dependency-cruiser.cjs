// Which folder may import which (CONTRIBUTING.md, "Walls"). `npm run check` holds it; `npm run graph` draws what is.
// Everything may import schemas and the leaves: the files directly in ingest-server/src that import no folder. The others
// there compose: app.ts and what it or cli.ts is made of. Tests may import anything. A folder of the server that is not
// named here may import nothing and says so.

/** Files directly in ingest-server/src that everything may import. They import schemas and each other. */
const leaves = [
  'breathe',
  'clock',
  'config',
  'errors',
  'exact-json',
  'group-by',
  'json-or-text',
  'log-tables',
  'logger',
  'loop',
  'make-folder',
  'metrics',
  'parts',
  'units',
  'version',
]

/** What each folder of the server may import, from below to above: a folder, one within it, or a single file of it. */
const walls = {
  projects: [],
  log: [],
  clickhouse: [],
  http: ['projects'],
  collect: [
    'log',
    'projects',
    'http/answers.ts',
    'http/credentials.ts',
    'http/other-methods.ts',
    'http/server.ts',
    'http/stopping.ts',
    // What an event says for identity: one pure file, made for both.
    'identity/rules/links.ts',
  ],
  store: ['log', 'clickhouse'],
  projections: ['clickhouse'],
  identity: ['projections', 'clickhouse', 'projects'],
  touchpoints: ['projections', 'clickhouse', 'identity'],
  timeline: ['clickhouse', 'touchpoints', 'identity'],
  erasure: ['log', 'clickhouse', 'identity', 'projections'],
  retention: ['clickhouse', 'projects'],
  definitions: ['log', 'clickhouse'],
  journeys: ['clickhouse', 'touchpoints', 'identity', 'definitions'],
  engagement: [
    'clickhouse',
    'touchpoints',
    'identity',
    'definitions',
    'journeys',
    'projections',
    'log',
    'projects',
  ],
  mcp: ['clickhouse/project-sql.ts', 'definitions/nearest.ts'],
  sources: ['log', 'definitions', 'collect/accept', 'collect/read', 'collect/base/well-formed.ts'],
  api: [
    'clickhouse',
    'collect',
    'definitions',
    'engagement',
    'erasure',
    'http',
    'identity',
    'journeys',
    'log',
    'mcp',
    'projects',
    'sources',
    'timeline',
    'touchpoints',
  ],
  cli: ['clickhouse', 'definitions', 'http/explorer', 'identity', 'log', 'projects', 'touchpoints/upkeep'],
}
/** Of the files that compose, those that one folder may import. */
const composedFor = { cli: ['clickhouse-options', 'main'] }
const server = '^ingest-server/src'
const within = (name) => `${server}/${name.endsWith('.ts') ? `${name.replace('.', '\\.')}$` : `${name}/`}`
const filesOfRoot = (names) => `${server}/(${names.join('|')})\\.ts$`

const folderRules = Object.entries(walls).map(([folder, may]) => ({
  name: `wall-of-${folder}`,
  comment: `${folder} may import ${may.join(', ') || 'no other folder of the server'}: move what it needs below both, or hand it in from app.ts. A new arrow is a line in .dependency-cruiser.cjs.`,
  severity: 'error',
  from: { path: `${server}/${folder}/` },
  to: {
    path: `${server}/`,
    pathNot: [folder, ...may].map(within).concat(filesOfRoot([...leaves, ...(composedFor[folder] ?? [])])),
  },
}))

/**
 * The sub-folders of each room of the server, from below to above: each may import those before it, and none after it, so
 * that none goes round in a circle. Files directly in the room may stand on both sides: what all share, and what drives all.
 */
const subFolders = {
  http: ['explorer'],
  log: ['embedded', 'kafka'],
  clickhouse: ['embedded'],
  // Of the walk request → accept → trust → enrich → row: who drives the stages is above them.
  collect: ['base', 'read', 'trust', 'enrich', 'row', 'accept', 'request'],
  identity: ['rules', 'facts', 'upkeep'],
  touchpoints: ['upkeep'],
  definitions: ['documents', 'sql', 'scores', 'plain', 'templates'],
  journeys: ['numbers', 'attribution', 'funnels', 'lifecycle', 'map', 'profile'],
  engagement: ['who', 'endpoints', 'segments', 'scores', 'handoffs', 'deliveries', 'feeds', 'programs'],
  'engagement/programs': ['acting', 'entering'],
  sources: ['reading', 'map', 'maps', 'imports', 'webhooks'],
  api: ['definitions', 'journeys', 'people', 'live', 'engagement', 'operating'],
  cli: ['backup', 'doctor', 'import', 'keys'],
}
const inOrder = (sources, room, names) =>
  names.map((name, place) => ({
    name: `order-within-${room}-${name}`,
    comment: `${room}/${name} may import ${names.slice(0, place).join(', ') || 'no other sub-folder'} of ${room}: move what both need below both.`,
    severity: 'error',
    from: { path: `${sources}/${room}/${name}/` },
    to: {
      path: `${sources}/${room}/[^/]+/`,
      pathNot: names.slice(0, place + 1).map((other) => `${sources}/${room}/${other}/`),
    },
  }))
const subFolderRules = [
  ...Object.entries(subFolders).flatMap(([room, names]) => inOrder(server, room, names)),
  ...inOrder('^explorer/src', 'map', ['journey', 'layout', 'draw', 'around']),
]

/** The rooms of the browser SDK and of the Explorer, from below to above: each may import those before it. */
const sdkRooms = [
  'base',
  'options',
  'page',
  'queue',
  'visitor',
  'debug',
  'send',
  'record',
  'features',
  'forms',
]
const explorerRooms = ['api', 'url', 'i18n', 'frame', 'parts', 'lists', 'map', 'screens', 'app']
const roomRulesOf = (name, sources, rooms, leaf = []) =>
  rooms.map((room, place) => ({
    name: `wall-of-${name}-${room}`,
    comment: `${room} may import ${rooms.slice(0, place).join(', ') || `no other room of ${name}`}.`,
    severity: 'error',
    from: { path: `${sources}/${room}/` },
    to: {
      path: `${sources}/`,
      pathNot: [...rooms.slice(0, place + 1).map((one) => `${sources}/${one}/`), ...leaf],
    },
  }))
const roomRules = [
  ...roomRulesOf('sdk', '^sdk-browser/src', sdkRooms),
  ...roomRulesOf('explorer', '^explorer/src', explorerRooms, [
    '^explorer/src/(preferences|store|units)\\.ts$',
    '\\.css$',
  ]),
]

module.exports = {
  forbidden: [
    ...folderRules,
    ...subFolderRules,
    ...roomRules,
    {
      name: 'unnamed-sub-folder',
      comment: 'Name the sub-folder in .dependency-cruiser.cjs, where it stands among those of its room.',
      severity: 'error',
      from: {
        path: `${server}/([^/]+)/[^/]+/`,
        pathNot: Object.entries(subFolders).flatMap(([room, names]) =>
          names.map((name) => `${server}/${room}/${name}/`),
        ),
      },
      to: { path: `${server}/$1/` },
    },
    {
      name: 'no-circle',
      comment: 'Two files that import each other are one file, or share a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circle-of-folders',
      comment: 'Folders that import each other, at any depth: move what both need below both.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(ingest-server|schemas|sdk-browser|sdk-node)/src' },
      to: { circular: true },
    },
    {
      name: 'unnamed-folder',
      comment: 'Name the folder and what it may import in .dependency-cruiser.cjs.',
      severity: 'error',
      from: {
        path: `${server}/[^/]+/`,
        pathNot: Object.keys(walls).map((name) => `${server}/${name}/`),
      },
      to: { path: `${server}/` },
    },
    {
      name: 'leaves-import-no-folder',
      comment:
        'Every folder may import a leaf, so a leaf imports none: what composes folders is no leaf (.dependency-cruiser.cjs).',
      severity: 'error',
      from: { path: filesOfRoot([...leaves, 'config-names']) },
      to: { path: `${server}/`, pathNot: filesOfRoot([...leaves, 'config-names']) },
    },
    {
      name: 'only-app-imports-api',
      comment: 'Routes read from the folders below them: what two need belongs there, not in api.',
      severity: 'error',
      from: { path: `${server}/`, pathNot: [`${server}/api/`, `${server}/app\\.ts$`] },
      to: { path: `${server}/api/` },
    },
    {
      name: 'nothing-imports-cli',
      comment:
        'Commands stand above all else: what the server needs of one belongs into the folder that it is about.',
      severity: 'error',
      from: { path: `${server}/`, pathNot: [`${server}/cli/`, `${server}/cli\\.ts$`] },
      to: { path: `${server}/cli/` },
    },
    {
      name: 'who-is-who-is-pure',
      comment: 'links, effective-links and resolve decide from facts alone.',
      severity: 'error',
      from: {
        path: `${server}/identity/rules/(links?|link-caps|large-people|effective-links|resolve[^/]*)\\.ts$`,
      },
      to: {
        pathNot: [
          '^schemas/',
          `${server}/identity/rules/(links?|link-caps|large-people|effective-links|resolve[^/]*)\\.ts$`,
        ],
      },
    },
    {
      name: 'collect-and-store-know-no-kafka',
      comment: 'They know the log, not which one it is.',
      severity: 'error',
      from: { path: `${server}/(collect|store)/` },
      to: { path: 'kafka' },
    },
    {
      name: 'packages-stand-alone',
      comment: 'The SDKs, the schemas and the Explorer know nothing of the server.',
      severity: 'error',
      from: { path: '^(schemas|sdk-browser|sdk-node|explorer)/src/' },
      to: { path: '^ingest-server/' },
    },
    {
      name: 'explorer-knows-answers-only',
      comment:
        'The Explorer may import the types of answers (schemas/src/api) and nothing else of the workspaces.',
      severity: 'error',
      from: { path: '^explorer/src/' },
      to: {
        path: '^(schemas|sdk-browser|sdk-node|examples|bench|test-support)/',
        pathNot: '^schemas/src/api/',
      },
    },
    {
      name: 'screens-stand-alone',
      comment: 'What two screens need is in parts, lists or map.',
      severity: 'error',
      from: { path: '^explorer/src/screens/([^/]+)/' },
      to: { path: '^explorer/src/screens/[^/]+/', pathNot: '^explorer/src/screens/$1/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.test\\.ts$|/dist/)' },
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'types', 'default'],
      exportsFields: ['exports'],
    },
    cache: { folder: 'node_modules/.cache/dependency-cruiser', strategy: 'content' },
  },
}
