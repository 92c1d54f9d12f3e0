"""The statement behind `availability.free`: open time less taken time, under every space's policy.

Most spaces begin on steps of the clock, and of a free stretch only its two ends need looking at
(`by_the_clock`). The few that count from their opening, or whose customer has used up days of a quota, are
looked at stretch by stretch (`by_the_stretch`), and those that are booked for whole days by the day
(`by_the_day`): each pays for itself alone.
"""

# How near a place is, in kilometres; flat earth is exact enough within a city.
DISTANCE = """
    111.2 * sqrt((venue.lat - %(lat)s) ^ 2 + ((venue.lon - %(lon)s) * cosd(%(lat)s)) ^ 2)
"""

# Which busy rows are read: those of the whole city by time, or those of a few halls by hall.
BUSY_IN_THE_CITY = """
    from span join bookings_occupancy on with_both && span where holds_time
"""
BUSY_IN_A_FEW_HALLS = """
    from hall, (select range_merge(range_agg(span)) as span from span) whole, lateral (
        select space_id, with_both, starts_at, ends_at
        from bookings_occupancy date
        where date.hall_id = hall.hall_id and holds_time and (with_setup && span or with_cleanup && span)
        offset 0                     -- hall by hall, and never the years that were not asked about
    ) there
"""

# What a customer has at each venue, and so the days, weeks and seasons in which no more may begin.
COUNTED = """
counted as materialized (
    select space.venue_id, date.starts_at, date_trunc('day', date.starts_at at time zone %(tz)s) as day
    from bookings_booking booking
    join bookings_occupancy date on date.booking_id = booking.id
    join venues_space space on space.id = date.space_id
    where {customers}
      and booking.id <> %(moving)s
      and booking.status in ('requested', 'awaiting_payment', 'confirmed')
      and date.released_at is null
      and date.starts_at >= %(counted_from)s
      and exists (select from wanted where quota_day + quota_week + quota_season > 0)
),
tally as (
    select venue_id, 'day' as per, day as first, day + interval '1 day' as until, count(*) as times
    from counted group by venue_id, day
    union all
    select venue_id, 'week', date_trunc('week', day), date_trunc('week', day) + interval '1 week', count(*)
    from counted group by venue_id, date_trunc('week', day)
    union all
    select venue_id, 'season', lower(season) at time zone %(tz)s, upper(season) at time zone %(tz)s, count(*)
    from counted join unnest(%(seasons)s::tstzrange[]) season on season @> starts_at group by venue_id, season
),
used_up as materialized (
    select wanted.id, range_agg(tstzrange(first at time zone %(tz)s, until at time zone %(tz)s)) as time
    from wanted join tally using (venue_id)
    where times >= case per
        when 'day' then nullif(quota_day, 0)
        when 'week' then nullif(quota_week, 0)
        else nullif(quota_season, 0)
    end
    group by wanted.id
)
"""
NOTHING_COUNTED = """
used_up as (select null::integer as id, null::tstzmultirange as time where false)
"""
CUSTOMERS = {
    "user": "booking.customer_id = %(user)s and booking.organisation_id is null",
    "organisation": "booking.organisation_id = %(organisation)s",
}

# A booking [s, e) collides with a taken row exactly when it overlaps the row's zone: from the earlier of
# its set-up and its start less our clean-up, to the later of its clearing and its end plus our set-up.
ZONE = "tstzrange(least(setup_at, starts_at - cleanup), greatest(clear_at, ends_at + setup))"

FREE = """
with wanted as materialized (
    select *, -- one number for who opens when: the planner thinks far too little of three equal columns
           timetable_id * 8::bigint + is_at_home::integer * 4 + case bookable_when
               when 'any' then 0 when 'evenings' then 1 when 'weekends' then 2 else 3
           end as hours
    from (
        select space.id, space.hall_id, space.footprint, space.venue_id, space.payment,
               coalesce(space.timetable_id, venue.timetable_id) as timetable_id,
               coalesce(venue.run_by_id = %(organisation)s, false) as is_at_home,
               bookable_when, is_whole_day,
               starts_from = 'opening' and not is_whole_day as is_from_opening,
               quota_day, quota_week, quota_season,
               make_interval(mins => start_step) as step,
               %(midnight)s + make_interval(mins => start_minute) as on_step,
               make_interval(mins => coalesce(%(minutes)s, min_minutes)) as length,
               greatest(
                   %(now)s + make_interval(hours => notice_hours),
                   case when notice_weekdays = 0 then null
                        when %(clock)s <= notice_by then (%(notice_in_time)s::timestamptz[])[notice_weekdays]
                        else (%(notice_late)s::timestamptz[])[notice_weekdays]
                   end,
                   (%(of_age)s::timestamptz[])[min_age]
               ) as not_before,
               least( -- days of 24 hours, in any time zone
                   %(now)s + make_interval(hours => 24 * ahead_days),
                   (ahead_until + 1)::timestamp at time zone %(tz)s - interval '1 microsecond'
               ) as not_after,
               {distance} as distance
        from venues_space space
        join venues_venue venue on venue.id = space.venue_id
        where space.is_bookable
          and (%(minutes)s is null or is_whole_day or %(minutes)s between min_minutes and max_minutes)
          and (
              who_may_book && {anywhere}
              or venue.run_by_id = %(organisation)s and who_may_book && {at_home}
          )
          and (%(within_km)s::float is null or {distance} <= %(within_km)s)
          and space.id in ({spaces})
    ) matching
),
hall as materialized (
    select id as hall_id,
           make_interval(mins => setup_minutes) as setup,
           make_interval(mins => cleanup_minutes) as cleanup
    from venues_space
    where part_of_id is null and id in (select hall_id from wanted)
),
span as materialized (
    select unnest(range_agg(tstzrange(lower(asked) - margin, upper(asked) + margin))) as span
    from unnest(%(windows)s::tstzrange[]) asked,
         (select coalesce(max(greatest(setup, cleanup)), '0') as margin from hall) buffers
),
busy as (
    select hall_id, space_id, setup_at, starts_at, ends_at, clear_at
    from (
        select hall_id, space_id, lower(with_both) as setup_at, starts_at, ends_at,
               upper(with_both) as clear_at
        {busy}
        offset 0                     -- time first, then the rest: one plan for every question
    ) in_time
),
taken as (                           -- per booked space, before it is known whose way it stands in
    select space_id, range_agg({zone}) as time
    from busy join hall using (hall_id)
    group by space_id
),
asked as materialized (
    select time, all_of_it, tstzrange(lower(all_of_it) - %(margin)s, upper(all_of_it) + %(margin)s) as around
    from (
        select range_agg(asked) as time, range_merge(range_agg(asked)) as all_of_it
        from unnest(%(windows)s::tstzrange[]) asked
    ) merged
),
allowed (bookable_when, time) as materialized (
    values ('any', null), ('evenings', %(evenings)s::tstzmultirange),
           ('weekends', %(weekends)s::tstzmultirange), ('both', %(both)s::tstzmultirange)
),
open as materialized (               -- one look at the index for each timetable, however many windows
    select hours, case bookable_when
               when 'any' then asked.time * opened.time
               else asked.time * opened.time * allowed.time
           end as time
    from (select distinct hours, timetable_id, is_at_home, bookable_when from wanted) timetable
    left join allowed using (bookable_when),
    asked, lateral (
        select range_agg(period) as time from venues_opening opening
        where opening.timetable_id = timetable.timetable_id and period && all_of_it
          and (open_to && {anywhere} or is_at_home and open_to && {at_home})
    ) opened
),
whole as materialized (              -- whole stretches, for the few who count from where they begin or end
    select timetable_id, is_at_home, opened.time,
           array(select lower(stretch) from unnest(opened.time) stretch) as begins
    from (
        select distinct timetable_id, is_at_home from wanted where is_from_opening or is_whole_day
    ) timetable, asked, lateral (
        select range_agg(period) as time from venues_opening opening
        where opening.timetable_id = timetable.timetable_id and period && tstzrange(null, upper(around))
          and (open_to && {anywhere} or is_at_home and open_to && {at_home})
    ) opened
),
-- A space is blocked by every space that shares floor with it. All spaces are here, free or not: the planner
-- then knows how many they are, and joins them to their openings by hashing at any size.
blocked as (
    select wanted.id, range_agg(taken.time) as time
    from wanted
    left join (venues_space other join taken on taken.space_id = other.id)
        on other.hall_id = wanted.hall_id and other.footprint && wanted.footprint
    group by wanted.id
),
{used_up},
-- Full joins, though nothing is missing on any side: PostgreSQL never does them row by row, however few
-- spaces it expects. Where it counts on one and there are eight hundred, that would take minutes.
everything as materialized (
    select wanted.*, open.time as open, blocked.time as blocked, used_up.time as used_up
    from wanted
    full join open on open.hours = wanted.hours
    full join blocked on blocked.id = wanted.id
    full join used_up on used_up.id = wanted.id
),
by_the_clock as (
    select everything.*, first_free, stretches
    from everything,
    lateral (
        select min(first_start) as first_free, array_agg(tstzrange(first_start, until)) as stretches
        from (select date_bin(step, not_after, on_step) + length as last_end offset 0) latest,
        lateral (
            select date_bin(
                       step, greatest(lower(stretch), not_before) + step - interval '1 microsecond', on_step
                   ) as first_start,
                   least(upper(stretch), last_end) as until
            from unnest(open - coalesce(blocked, '{{}}')) stretch
        ) on_step
        where first_start + length <= until
    ) long_enough
    where not is_from_opening and not is_whole_day and used_up is null
),
by_the_stretch as (
    select everything.*, first_free, stretches
    from everything
    left join whole on whole.timetable_id = everything.timetable_id
        and whole.is_at_home = everything.is_at_home,
    lateral (
        select min(first_start) as first_free, array_agg(tstzrange(
                   first_start,
                   case when last_start + step + length > closes then closes else last_start + length end
               )) as stretches
        from (
            select upper(stretch) as closes, greatest(lower(stretch), not_before) as earliest,
                   least(upper(stretch) - length, not_after) as latest,
                   case
                       when is_from_opening then begins[width_bucket(lower(stretch), begins)] else on_step
                   end as counted_from
            from unnest(open - coalesce(blocked, '{{}}')) stretch
        ) limits,
        lateral unnest(case
            when earliest > latest then '{{}}'
            else tstzmultirange(tstzrange(earliest, latest, '[]')) - coalesce(used_up, '{{}}')
        end) possible,
        lateral (
            select date_bin(step, lower(possible) + step - instant, counted_from) as first_start,
                   date_bin(
                       step,
                       upper(possible) - case when upper_inc(possible) then '0' else instant end,
                       counted_from
                   ) as last_start
            from (select interval '1 microsecond' as instant) least
        ) on_step
        where first_start <= last_start
    ) long_enough
    where not is_whole_day and (is_from_opening or used_up is not null)
),
by_the_day as (
    select everything.*, first_free, stretches
    from everything
    join whole on whole.timetable_id = everything.timetable_id and whole.is_at_home = everything.is_at_home
    join hall on hall.hall_id = everything.hall_id
    join allowed on allowed.bookable_when = everything.bookable_when,
    asked,
    lateral (
        select range_agg({zone}) as time
        from bookings_occupancy date
        where date.hall_id = everything.hall_id and date.footprint && everything.footprint and holds_time
          and with_cleanup && around
    ) taken,
    lateral (
        select min(lower(stretch)) as first_free, array_agg(stretch) as stretches
        from unnest(whole.time) stretch
        where lower(stretch) between not_before and not_after
          and upper(stretch) - lower(stretch) <= %(longest)s
          and exists (
              select from unnest(asked.time * tstzmultirange(stretch)) part
              where upper(part) - lower(part) >= make_interval(mins => coalesce(%(minutes)s, 0))
          )
          and (allowed.time is null or allowed.time @> stretch)
          and (taken.time is null or not taken.time && stretch)
          and (used_up is null or not used_up @> lower(stretch))
    ) free
    where is_whole_day
),
free as (
    select *
    from (
        select * from by_the_clock
        union all select * from by_the_stretch
        union all select * from by_the_day
    ) found
    where first_free is not null
)
select id, first_free, stretches, distance, is_whole_day, {windows} as windows, count(*) over () as total
from free {covering}
order by {order}, id
limit %(limit)s offset %(offset)s
"""

# Which of the windows that were asked, in order and without overlap, have a free start.
COVERING = """
cross join lateral (
    select array_agg(distinct number order by number) as windows
    from unnest(stretches) stretch,
         generate_series(
             greatest(1, width_bucket(lower(stretch), %(window_starts)s::timestamptz[])),
             width_bucket(upper(stretch), %(window_starts)s::timestamptz[])
         ) number,
         lateral (select (%(windows)s::tstzrange[])[number] as this) asked
    where case
        when is_whole_day then this && stretch and least(upper(this), upper(stretch))
            - greatest(lower(this), lower(stretch)) >= make_interval(mins => coalesce(%(minutes)s, 0))
        else least(upper(this), upper(stretch)) >= length + date_bin(
            step, greatest(lower(this), lower(stretch)) + step - interval '1 microsecond', lower(stretch)
        )
    end
) covered
where windows is not null
"""

ORDERS = {
    "first_free": "first_free",
    "distance": "distance nulls last, first_free",
    "price": "payment <> 'free', first_free",
    "coverage": "cardinality(windows) desc, distance nulls last, first_free",
}


def statement(
    *, spaces: str, is_near: bool, is_in_few_halls: bool, counts_for: str | None, order: str
) -> str:
    """Return the statement about the spaces whose ids the inner statement yields.

    `counts_for` says whose bookings use up quotas: a "user" or an "organisation"; nobody's, if it is None.
    """
    is_covering = order == "coverage"
    return FREE.format(
        spaces=spaces,
        distance=DISTANCE if is_near else "null::float",
        busy=BUSY_IN_A_FEW_HALLS if is_in_few_halls else BUSY_IN_THE_CITY,
        used_up=COUNTED.format(customers=CUSTOMERS[counts_for]) if counts_for else NOTHING_COUNTED,
        zone=ZONE,
        anywhere="%(audiences)s::varchar[]",
        at_home="%(audiences_at_home)s::varchar[]",
        windows="windows" if is_covering else "null::integer[]",
        covering=COVERING if is_covering else "",
        order=ORDERS[order],
    )
