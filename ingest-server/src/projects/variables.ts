/**
 * Which variables of the environment the definitions of a project may name (`"secret": "env:CRM_SECRET"`). Who
 * administers a project is not who runs the server: the secrets of other projects stand beside its own, and whoever
 * signs with another's could speak for it.
 */
import { fits } from './key-binding.js'
import type { Project, Projects } from './project.js'

/** The value of a variable as a project may have it; undefined where it is not set, or is not the project's to name. */
export type ReadVariable = (name: string, project: string) => string | undefined

/** `read` says what a variable holds. */
export const variablesOf =
  (projects: Pick<Projects, 'all'>, read: (name: string) => string | undefined): ReadVariable =>
  (name, project) =>
    mayName(projects.all(), project, name) ? read(name) : undefined

/**
 * Those of the project's own list. Without a list the default project, which is the operator's, has all that no other
 * lists; any other has those that begin with its id, as `SHOP_CRM` does with `shop`, where no longer id fits and no list
 * names them.
 */
function mayName(projects: readonly Project[], id: string, name: string): boolean {
  const own = projects.find((project) => project.id === id)
  if (own === undefined) return false
  const lists = ({ variables = [] }: Project) => variables.some((allowed) => fits(allowed, name))
  if (own.variables !== undefined) return lists(own)
  if (projects.some(lists)) return false
  if (id === 'default') return true
  const fitting = projects.map(beginningOf).filter((beginning) => name.startsWith(beginning))
  const longest = Math.max(...fitting.map(({ length }) => length))
  return fitting.includes(beginningOf(own)) && beginningOf(own).length === longest
}

/** `shop-eu` → `SHOP_EU_` */
const beginningOf = ({ id }: Project): string => `${id.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_`
