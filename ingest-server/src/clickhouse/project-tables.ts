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
  'touchpoints_of_people',
  'touchpoints_of_accounts',
  'rejected_events',
  'definitions',
  'costs',
  'segment_memberships',
  'segment_transitions',
  'segment_additions',
  'score_values',
  'handoff_records',
  'program_facts',
  'program_runs_now',
  'deliveries_decided',
  'delivery_attempts',
  'delivery_states',
  'change_records',
  'kept_stage_entries',
  'stage_fillings',
  'imports',
] as const

/** What the lists of tables show to a project's user: views, which have no sizes. The tables can be read all the same. */
export const shownToProjects: readonly string[] = [
  'user_timeline',
  'account_timeline',
  'touchpoints',
  'persons',
  'accounts',
  'identity_changes',
  'stage_entries',
  'conversions',
  'journeys',
  'silent_gaps',
  'attribution',
  'attribution_by_milestones',
  'channel_transitions',
  'channel_performance',
  'segments',
  'segment_members',
  'segment_history',
  'scores',
  'score_contributions',
  'handoffs',
  'program_runs',
  'deliveries',
  'changes',
]

/** Views over those tables; they run as the one who asks, so the filters hold through them. */
export const projectViews: readonly string[] = [
  ...shownToProjects,
  // What the views with parameters ask; it tells a query about itself.
  'parameters_asked',
]

/** What an analyst reads besides, and no project: rows that belong to no project. */
export const analystTables: readonly string[] = ['dead_letters']

/** Tables that the server keeps for itself: bookkeeping, indexes and the views that fill tables. No analyst reads them. */
export const internalTables: readonly string[] = [
  'schema_migrations',
  'erasure_progress',
  'erasures',
  'identity_changes_seen',
  'identity_epochs',
  'account_hosts',
  'account_hosts_of_traits',
  'account_subjects_of_events',
  'account_traits_of_events',
  'changes_of_accounts',
  'changes_of_emails',
  'changes_of_links',
  'changes_of_memberships',
  'email_hosts',
  'email_hosts_of_events',
  'links_of_events',
  'memberships_of_events',
  'traits_of_events',
  'touchpoint_changes',
  'touchpoint_changes_of_events',
  'touchpoint_changes_of_identity',
  'touchpoint_changes_of_people',
  'projection_leases',
  'segment_transition_feed',
  'segment_transition_feed_of_transitions',
  'engage_changes',
  'engage_changes_of_people_touches',
  'engage_changes_of_account_touches',
  'engage_changes_of_traits',
  'engage_changes_of_account_traits',
  'engage_changes_of_people',
  'engage_changes_of_members',
  'engage_changes_of_additions',
  'program_runs_now_of_facts',
  'delivery_states_of_attempts',
  'changes_seen',
  'changes_seen_of_traits',
  'changes_seen_of_people',
  'changes_seen_of_account_traits',
  'changes_seen_of_people_touches',
  'changes_seen_of_account_touches',
  'changes_seen_of_transitions',
  'changes_seen_of_handoffs',
  'changes_seen_of_scores',
]
