/**
 * Subjects whose memberships are written and whose transitions may not be emitted yet. In memory: a process that takes the
 * work over after a crash looks at everybody (worker.ts), which emits what is left.
 */
export type Unsaid = ReturnType<typeof openUnsaid>

export function openUnsaid() {
  const byProject = new Map<string, Set<string>>()
  return {
    add(project: string, subjects: readonly string[]): void {
      const known = byProject.get(project) ?? new Set<string>()
      byProject.set(project, known)
      for (const subject of subjects) known.add(subject)
    },
    end(project: string, subjects: readonly string[]): void {
      const known = byProject.get(project)
      for (const subject of subjects) known?.delete(subject)
    },
    of: (project: string): string[] => [...(byProject.get(project) ?? [])],
  }
}
