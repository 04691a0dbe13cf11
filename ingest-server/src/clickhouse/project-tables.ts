/**
 * Everything a user of one project may read. A table that is not listed is not granted, so forgetting one
 * hides it and shows nobody else's rows; the test compares the lists with what the migrations made.
 */

/** Tables with a `project` column: each gets the row filter. */
export const projectTables = [
  'events',
  'links',
  'traits',
  'account_traits',
  'memberships',
  'account_subjects',
  'identity_map',
  'people',
  'account_people',
  'domains',
  'rejected_events',
] as const

/** Views over those tables; they run as the one who asks, so the filters hold through them. */
export const projectViews: readonly string[] = [
  'timeline_people',
  'timeline_subjects',
  'timeline_owners',
  'timeline_events',
  'timeline_touchpoints',
  'user_timeline',
  'account_timeline',
  'touchpoints',
  'persons',
  'accounts',
  'identity_changes',
]
