/** Programs that run the commands of tables at their times. Sources: cron(8) of Debian and of cronie, BusyBox (crond), anacron(8). */
export const CRON = /^(cron|crond|anacron)$/;

/** Those that get the table as an argument. Source: the README of supercronic. */
export const CRON_WITH_TABLE = /^supercronic$/;

/** Tables whose lines have a user before the command. Sources: cron(8), crontab(5). */
export const SYSTEM_TABLES = /^\/etc\/(crontab$|cron\.d\/[^/]+$)/;

/** Tables of one user. Sources: crontab(1) of Debian, cronie and BusyBox. */
export const USER_TABLES = /^(\/var\/spool\/cron\/(crontabs\/|tabs\/)?|\/etc\/crontabs\/)[^/]+$/;

/** Folders whose programs run-parts(8) runs. Sources: /etc/crontab of Debian; Alpine Linux, /etc/crontabs/root. */
export const CRON_FOLDERS = /^\/etc\/(cron\.(hourly|daily|weekly|monthly)|periodic\/[^/]+)\/[^/]+$/;
