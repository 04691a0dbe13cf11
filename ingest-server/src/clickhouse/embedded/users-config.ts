/**
 * Makes users.xml of the embedded server. Users, profiles, grants, row filters and constraints are ClickHouse's own,
 * so what a person may do is decided by the server and not by us.
 *
 * | user         | may                                                                                      |
 * | ------------ | ---------------------------------------------------------------------------------------- |
 * | app          | everything in the database; only fixed, parameterised statements run as it              |
 * | reader       | SELECT on the database, capped: what answers over HTTP                                  |
 * | analyst      | SELECT on tables that docs/sql.md has, with wider caps: people and their tools          |
 * | project user | the same as analyst, and a row filter on every table                                    |
 * | default      | the engine's own boot statements; it has one session, which those hold until the end    |
 *
 * ClickHouse has rights on tables and sources and none on functions, formats and settings. So what readers may choose
 * is listed (judged/settings.ts), and what they may not use answers with no row (judged/table-functions.ts).
 */
import { analystCaps, readerCaps, type Caps } from '../caps.js'
import { clusterSettings } from '../cluster-ddl.js'
import { appRights, passwordHash } from '../grants.js'
import { internalTables, projectTables, projectViews, shownToProjects } from '../project-tables.js'
import { identifier, literal } from '../sql-quoting.js'
import { choosableSettings } from './judged/settings.js'
import { heldTableFunctions } from './judged/table-functions.js'
import type { ProjectUser } from './project-users.js'
import { queriesAtOnce, type ServerConfig } from './server-config.js'
import { document, element, settings, within } from './xml.js'
import { gibibyte } from '../../units.js'

export function usersXml(config: ServerConfig): string {
  const database = identifier(config.database)
  const users = [
    userXml('default', 'boot', [
      'GRANT SYSTEM LISTEN ON *.*',
      'GRANT CREATE TEMPORARY TABLE ON *.*',
      'GRANT READ ON FILE',
    ]),
    userXml('app', 'app', appGrants(config), { password: config.appPassword }),
    userXml('reader', 'reader', [`GRANT SELECT ON ${database}.*`, ...readSchema], {
      password: config.readerPassword,
      filters: heldFunctionFilters,
    }),
    userXml('analyst', 'analyst', [...analystGrants(database), ...readSchema], {
      password: config.analystPassword,
      filters: heldFunctionFilters,
    }),
    ...config.projectUsers.map((one) => projectUserXml(one, config.database)),
  ]
  // A part of a cluster is asked as the cluster's own servers are (clickhouse/grants.ts).
  const clusterWide = Object.keys(config.clusters ?? {}).length > 0 ? clusterSettings : {}
  const profiles = [
    within('default'),
    bootProfile,
    appProfile,
    cappedProfile('reader', { caps: readerCaps, mostQueriesOfAll: queriesAtOnce.whileReading, clusterWide }),
    cappedProfile('analyst', {
      caps: analystCaps,
      mostQueriesOfAll: queriesAtOnce.whileAnalysing,
      clusterWide,
    }),
  ]
  return document(
    within('profiles', ...profiles),
    within('quotas', within('default')),
    within('users', ...users),
  )
}

function appGrants({ database, extraAppGrants = [] }: ServerConfig): string[] {
  return [
    // Without SYSTEM SHUTDOWN, which would signal our whole process group.
    `GRANT ${appRights} ON ${identifier(database)}.*`,
    'GRANT TABLE ENGINE ON MergeTree',
    'GRANT TABLE ENGINE ON ReplacingMergeTree',
    'GRANT SELECT ON system.*',
    'GRANT KILL QUERY ON *.*',
    'GRANT CREATE TEMPORARY TABLE ON *.*',
    ...extraAppGrants,
  ]
}

const analystGrants = (database: string) => [
  `GRANT SELECT ON ${database}.*`,
  ...internalTables.map((table) => `REVOKE SELECT ON ${database}.${identifier(table)}`),
]

/** What tools ask first; it lists only what the user may read. Sizes of parts are nothing for project users. */
const readSchema = [
  'GRANT SELECT ON information_schema.*',
  'GRANT SELECT ON INFORMATION_SCHEMA.*',
  'GRANT SELECT ON system.parts',
]

/**
 * The engine starts as a user without a password, and no setting gives it one. The session that runs the boot
 * statements is opened before any port and ends with the process, so with one session allowed nobody else ever has one.
 */
const bootProfile = within('boot', settings({ max_sessions_for_user: 1 }))

/** Sorting and grouping go to disk before they hurt the server. */
const appProfile = within(
  'app',
  settings({
    max_bytes_before_external_group_by: gibibyte / 2,
    max_bytes_before_external_sort: gibibyte / 2,
    max_partitions_per_insert_block: 1000,
  }),
)

interface Capped {
  caps: Caps
  mostQueriesOfAll: number
  clusterWide: Readonly<Record<string, string | number>>
}

function cappedProfile(name: string, { caps, mostQueriesOfAll, clusterWide }: Capped): string {
  const limits = { ...caps.limits, max_concurrent_queries_for_all_users: mostQueriesOfAll }
  // 1: nothing but what is named here can be changed by a query.
  const fixed = { ...caps.fixed, readonly: 1 }
  const constraints = [
    ...Object.entries(limits).map(([key, max]) =>
      within(key, element('min', 1), element('max', max), '<changeable_in_readonly/>'),
    ),
    ...choosableSettings
      .filter((key) => !(key in limits) && !(key in fixed))
      .map((key) => within(key, '<changeable_in_readonly/>')),
  ]
  return within(
    name,
    settings({ ...clusterWide, ...limits, ...fixed }),
    within('constraints', ...constraints),
  )
}

/** Row filters, by database and table. */
type Filters = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The table that a table function makes stands in a database of that name, and is filtered as any other. */
const heldFunctionFilters: Filters = {
  _table_function: Object.fromEntries(heldTableFunctions.map((name) => [name, '0'])),
}

function projectUserXml({ project, user, password }: ProjectUser, database: string): string {
  const isProjects = `project = ${literal(project)}`
  // These lists show rows and bytes of a whole table, those of other projects among them, and where files are.
  const isShown = `database = ${literal(database)} AND {name} IN (${shownToProjects.map(literal).join(', ')})`
  const grants = [...projectTables, ...projectViews].map(
    (table) => `GRANT SELECT ON ${identifier(database)}.${identifier(table)}`,
  )
  return userXml(user, 'analyst', grants, {
    password,
    filters: {
      ...heldFunctionFilters,
      [database]: Object.fromEntries(projectTables.map((table) => [table, isProjects])),
      system: { tables: isShown.replace('{name}', 'name'), columns: isShown.replace('{name}', '`table`') },
    },
  })
}

function userXml(
  name: string,
  profile: string,
  grants: readonly string[],
  { password, filters = {} }: { password?: string; filters?: Filters } = {},
): string {
  return within(
    name,
    // Only the hash of a password stands in the file; `default` has none, see bootProfile.
    password === undefined ? within('password') : element('password_sha256_hex', passwordHash(password)),
    within('networks', element('ip', '::1'), element('ip', '127.0.0.1')),
    element('profile', profile),
    element('quota', 'default'),
    within('grants', ...grants.map((grant) => element('query', grant))),
    within(
      'databases',
      ...Object.entries(filters).map(([database, tables]) => within(database, filtersXml(tables))),
    ),
  )
}

const filtersXml = (tables: Readonly<Record<string, string>>): string =>
  Object.entries(tables)
    .map(([table, filter]) => within(table, element('filter', filter)))
    .join('')
