/* A table from an object's address to a time, and to the place of the record that it was the time of, since an address is
 * used again: open addressing, linear probing, no tombstones. A dict of Python integers
 * costs ten times as much, and there is an entry for every message. */
#include "speedups.h"
#include <stdint.h>

typedef struct Entry {
    const void *key;
    long long time;
    Place place;
} Entry;

static size_t place_of(const Times *times, const void *key)
{
    return ((size_t)(((uintptr_t)key >> 4) * 0x9E3779B97F4A7C15ULL) >> 20) & (times->size - 1);
}

static void insert(Times *times, Entry entry)
{
    size_t place = place_of(times, entry.key);
    while (times->entries[place].key != NULL && times->entries[place].key != entry.key)
        place = (place + 1) & (times->size - 1);
    times->used += times->entries[place].key == NULL;
    times->entries[place] = entry;
}

static int grow(Times *times)
{
    Times before = *times;
    size_t larger = before.size ? before.size * 2 : 1024;
    Entry *made = PyMem_Calloc(larger, sizeof(Entry));
    if (made == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *times = (Times){made, larger, 0};
    for (size_t each = 0; each < before.size; each++)
        if (before.entries[each].key != NULL)
            insert(times, before.entries[each]);
    PyMem_Free(before.entries);
    return 0;
}

int times_put(Times *times, const void *key, long long time, Place place)
{
    if (times->used * 2 >= times->size && grow(times) < 0)
        return -1;
    insert(times, (Entry){key, time, place});
    return 0;
}

/* Closes the gap at `place`, so that what was put after it is still found. */
static void remove_at(Times *times, size_t gap)
{
    Entry *entries = times->entries;
    size_t next = gap, most = times->size - 1;
    for (;;) {
        next = (next + 1) & most;
        if (entries[next].key == NULL)
            break;
        size_t home = place_of(times, entries[next].key);
        if (((next - home) & most) >= ((next - gap) & most)) {
            entries[gap] = entries[next];
            gap = next;
        }
    }
    entries[gap].key = NULL;
    times->used--;
}

static Entry *find(const Times *times, const void *key)
{
    if (times->used == 0)
        return NULL;
    for (size_t place = place_of(times, key); times->entries[place].key != NULL;
         place = (place + 1) & (times->size - 1))
        if (times->entries[place].key == key)
            return &times->entries[place];
    return NULL;
}

/* The time, once; 0 where none is known, or that of a record at another place, whose address this one has now. */
long long times_take(Times *times, const void *key, Place place)
{
    const Entry *found = find(times, key);
    if (found == NULL)
        return 0;
    int same = found->place.topic == place.topic && found->place.partition == place.partition &&
               found->place.offset == place.offset;
    long long time = same ? found->time : 0;
    remove_at(times, (size_t)(found - times->entries));
    return time;
}
