/** The time zone in which a project's people read times. */
import type { Project } from '../projects/project.js'

/** The server's own where the project names none. */
export const zoneOf = ({ timezone }: Project): string =>
  timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
