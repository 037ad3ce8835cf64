"""What the dashboard *uWSGI requests* asks in all of its panels."""

UID = "flaskfana-uwsgi"
CHOSEN = '"host" =~ /^$host$/ AND "route" =~ /^$route$/ AND "method" =~ /^$method$/ AND "status_class" =~ /^$status$/'
FROM = f'FROM "uwsgi_log" WHERE $timeFilter AND {CHOSEN}'
EVENTS = 'FROM "uwsgi_event" WHERE $timeFilter AND "host" =~ /^$host$/'
