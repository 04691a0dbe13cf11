-- Where stitch stands is kept with its leases now, for each part of the projects.
DROP TABLE IF EXISTS stitch_progress;
