"""MIDI files, written and read in a few lines, so that the suite needs no library and does not trust the program's own reader."""

import struct

DIVISION = 480


def song(bars=90, tempo=120):
    """A song of a melody and chords, three minutes long: 90 bars of 4/4 at 120 beats per minute."""
    melody, piano = [], []
    for bar in range(bars):
        root = (57, 53, 60, 55)[bar % 4]
        piano += [(root + third - 12, 4 * bar, 4) for third in (0, 4 if root != 57 else 3, 7)]
        melody += [(72 + (0, 2, 4, 7)[(bar + beat) % 4], 4 * bar + beat, 1) for beat in range(4)]
    head = struct.pack(">4sIHHH", b"MThd", 6, 1, 3, DIVISION)
    start = b"\0\xff\x51\3" + struct.pack(">I", 60_000_000 // tempo)[1:] + b"\0\xff\x58\4\4\2\x18\x08"
    return head + track(start) + track(named("MELODY") + events(melody, 0)) + track(named("PIANO") + events(piano, 1))


def named(name):
    return b"\0\xff\3" + bytes([len(name)]) + name.encode()


def track(body):
    body += b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def events(notes, channel):
    """Notes of `(pitch, beat, beats)` as events."""
    all_events = [(beat * DIVISION, 0x90, pitch, 80) for pitch, beat, _ in notes]
    all_events += [((beat + beats) * DIVISION, 0x80, pitch, 0) for pitch, beat, beats in notes]
    body, now = b"", 0
    for time, kind, pitch, velocity in sorted(all_events, key=lambda event: (event[0], event[1])):
        body += varying(time - now) + bytes([kind | channel, pitch, velocity])
        now = time
    return body


def varying(number):
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


def notes_of(data):
    """All notes as `(pitch, start, end)`, in quarter notes."""
    assert data[:4] == b"MThd", "not a MIDI file"
    division = struct.unpack(">H", data[12:14])[0]
    position, found = 14, []
    while position < len(data):
        assert data[position:position + 4] == b"MTrk", "a chunk that is no track"
        length = struct.unpack(">I", data[position + 4:position + 8])[0]
        found += notes_of_track(data[position + 8:position + 8 + length], division)
        position += 8 + length
    return sorted(found)


def notes_of_track(body, division):
    position, now, status, open_notes, found = 0, 0, 0, {}, []

    def number():
        nonlocal position
        value = 0
        while True:
            byte = body[position]
            position += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    while position < len(body):
        now += number()
        if body[position] >= 0x80:
            status = body[position]
            position += 1
        if status == 0xFF:
            position += 1
            length = number()
            position += length
        elif status in (0xF0, 0xF7):
            length = number()
            position += length
        else:
            kind, key = status & 0xF0, (status & 0x0F, body[position])
            velocity = body[position + 1] if kind not in (0xC0, 0xD0) else 0
            position += 1 if kind in (0xC0, 0xD0) else 2
            if kind == 0x90 and velocity > 0:
                open_notes.setdefault(key, []).append(now)
            elif kind in (0x80, 0x90) and open_notes.get(key):
                found.append((key[1], open_notes[key].pop(0) / division, now / division))
    return found
