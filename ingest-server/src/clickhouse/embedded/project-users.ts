/** Read-only users of the embedded server, one a project, each seeing its own rows only. */
import { createHash, createHmac } from 'node:crypto'

export interface ProjectUser {
  project: string
  user: string
  password: string
}

/**
 * The password follows from the analyst's, who may read everything anyway: it stays the same over restarts
 * and needs no place to be kept.
 */
export function projectUsersOf(projects: readonly string[], analystPassword: string): ProjectUser[] {
  return projects.map((project) => ({
    project,
    user: `project_${nameOf(project)}`,
    password: createHmac('sha256', analystPassword).update(project).digest('base64url'),
  }))
}

/** A user's name is an XML element's: other characters are replaced, and a hash keeps two names apart. */
function nameOf(project: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(project)) return project
  const hash = createHash('sha256').update(project).digest('hex').slice(0, 8)
  return `${project.replace(/[^A-Za-z0-9_-]/g, '_')}_${hash}`
}
