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
 * Those of the project's own list. The default project is the operator's: without a list it has all that no other
 * project lists; any other has none then.
 */
function mayName(projects: readonly Project[], id: string, name: string): boolean {
  const lists = ({ variables = [] }: Project) => variables.some((allowed) => fits(allowed, name))
  const own = projects.find((project) => project.id === id)
  if (own === undefined) return false
  if (own.variables !== undefined || id !== 'default') return lists(own)
  return !projects.some(lists)
}
