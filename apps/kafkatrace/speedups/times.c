/* A table from an object's address to a time, and to the place of the record that it was the time of, since an address is
 * used again: open addressing, linear probing, no tombstones. A dict of Python integers
 * costs ten times as much, and there is an entry for every message. */
#include "speedups.h"
#include <stdint.h>

typedef struct {
    const void *key;
    long long time;
    Place place;
} Entry;

static Entry *entries;
static size_t size, used; /* size: a power of two */

static size_t place_of(const void *key)
{
    return ((size_t)(((uintptr_t)key >> 4) * 0x9E3779B97F4A7C15ULL) >> 20) & (size - 1);
}

static void insert(Entry entry)
{
    size_t place = place_of(entry.key);
    while (entries[place].key != NULL && entries[place].key != entry.key)
        place = (place + 1) & (size - 1);
    used += entries[place].key == NULL;
    entries[place] = entry;
}

static int grow(void)
{
    Entry *before = entries;
    size_t count = size, larger = size ? size * 2 : 1024;
    Entry *made = PyMem_Calloc(larger, sizeof(Entry));
    if (made == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    entries = made;
    size = larger;
    used = 0;
    for (size_t each = 0; each < count; each++)
        if (before[each].key != NULL)
            insert(before[each]);
    PyMem_Free(before);
    return 0;
}

int times_put(const void *key, long long time, Place place)
{
    if (used * 2 >= size && grow() < 0)
        return -1;
    insert((Entry){key, time, place});
    return 0;
}

/* Closes the gap at `place`, so that what was put after it is still found. */
static void remove_at(size_t gap)
{
    size_t next = gap;
    for (;;) {
        next = (next + 1) & (size - 1);
        if (entries[next].key == NULL)
            break;
        size_t home = place_of(entries[next].key);
        if (((next - home) & (size - 1)) >= ((next - gap) & (size - 1))) {
            entries[gap] = entries[next];
            gap = next;
        }
    }
    entries[gap].key = NULL;
    used--;
}

static Entry *find(const void *key)
{
    if (used == 0)
        return NULL;
    for (size_t place = place_of(key); entries[place].key != NULL; place = (place + 1) & (size - 1))
        if (entries[place].key == key)
            return &entries[place];
    return NULL;
}

/* The time, once; 0 where none is known, or that of a record at another place, whose address this one has now. */
long long times_take(const void *key, Place place)
{
    const Entry *found = find(key);
    if (found == NULL)
        return 0;
    int same = found->place.topic == place.topic && found->place.partition == place.partition &&
               found->place.offset == place.offset;
    long long time = same ? found->time : 0;
    remove_at((size_t)(found - entries));
    return time;
}
