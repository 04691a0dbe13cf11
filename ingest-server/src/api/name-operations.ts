/**
 * What generated clients and people need of the OpenAPI document beyond the schemas: a stable operationId for each
 * operation, and a description of each parameter, those that many routes share written once.
 */

/** As much of an OpenAPI document as is read here. */
interface Operation {
  operationId?: string
  parameters?: { name: string; description?: string }[]
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

const descriptions: Readonly<Record<string, string>> = {
  id: 'A person by user id, email or anonymous id, or an account by its id; `user:`, `email:` and `anon:` say which kind is meant',
  messageId: 'The id of the event, as its sender gave it',
  erasureId: 'As the request to erase answered it',
  from: 'What happened at or after this time: `2026-03-01` or `2026-03-01T10:00:00Z`',
  to: 'What happened before this time',
  as_of: 'Who is who as it was known at this time, from what had been received until then',
  limit: 'At most so many entries in this answer',
  cursor: 'Where the answer before ended (`nextCursor`)',
  order: 'Oldest first (`asc`) or newest first (`desc`)',
  format: '`csv` for a table; otherwise JSON',
  bots: 'Also what robots did',
  channel: 'Only from these channels',
  kind: 'Only of these kinds',
  detail: 'Touchpoints, or every event',
  q: 'The beginning of a user id, an email, an account id or a name',
  code: 'Only what was refused with this code',
  goal: 'Id of the goal that is asked about',
  subject: '`person` or `account`',
  segment: 'Only members of this segment',
  stage: 'Id of a stage',
  state: 'How they stand to the stage',
  template: 'Name of the template',
  version: 'Version of the definition; absent: the latest',
  since: 'At or after this time',
  lost: 'Id of the goal that says what is lost',
}

/** A copy of the paths in which every operation has an id and every parameter a description. */
export function nameOperations<Paths extends object>(paths: Paths): Paths {
  const named = Object.entries(paths).map(([path, item]) => [path, namedItem(path, item)])
  // The same paths, with more in them.
  return Object.fromEntries(named) as Paths
}

function namedItem(path: string, item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item
  const named: Record<string, unknown> = { ...item }
  for (const method of methods) {
    const operation = named[method] as Operation | undefined
    if (operation === undefined) continue
    named[method] = {
      operationId: operationIdOf(method, path),
      ...operation,
      ...(operation.parameters && { parameters: operation.parameters.map(described) }),
    }
  }
  return named
}

const described = <P extends { name: string; description?: string }>(parameter: P): P =>
  parameter.description === undefined && descriptions[parameter.name] !== undefined
    ? { ...parameter, description: descriptions[parameter.name] }
    : parameter

/** `get /v1/users/{id}/timeline` → `getUsersByIdTimeline`. */
export function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/v1\//, '')
    .split(/[/-]/)
    .filter((part) => part !== '')
    .map((part) =>
      part.replace(/^\{(.*)\}$|^:(.*)$/, (_all, braced?: string, colon?: string) => `by-${braced ?? colon}`),
    )
    .flatMap((part) => part.split('-'))
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
