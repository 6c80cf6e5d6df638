package io.zoetrope.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The speech program espeak-ng. It takes unknown voices for its usual one, so callers must ask which there are. */
final class Espeak implements Speech {
    static final String PROGRAM = "espeak-ng";
    static final String REMEDY = "Install it with 'sudo apt-get install espeak-ng' (other systems call it so, too)";
    private static final int SECONDS = 60;

    private final Path scratch;

    /** {@code scratch} is an empty folder for this object alone; what it leaves there the caller deletes. */
    Espeak(Path scratch) {
        this.scratch = scratch;
    }

    static boolean isHere() {
        return Programs.isOnPath(PROGRAM);
    }

    @Override
    public String version() throws IOException {
        // "eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/…"
        return run("--version").get(0).replaceFirst("\\s+Data at:.*", "").strip();
    }

    @Override
    public Set<String> accents() throws IOException {
        // " 5  en-gb-scotland  --/M  English_(Scotland)  gmw/en-GB-scotland  (en 4)": those of other engines are mb/…
        Set<String> accents = new LinkedHashSet<>();
        for (String line : run("--voices=en")) {
            String[] columns = line.strip().split("\\s+");
            if (columns.length >= 5 && columns[1].startsWith("en") && !columns[4].startsWith("mb/")) {
                accents.add(columns[1]);
            }
        }
        return accents;
    }

    @Override
    public Set<String> speakers() throws IOException {
        // " 5  variant  --/M  Edward  !v/edward"
        Set<String> speakers = new LinkedHashSet<>();
        for (String line : run("--voices=variant")) {
            String[] columns = line.strip().split("\\s+");
            if (columns.length >= 5 && columns[4].startsWith("!v/")) {
                speakers.add(columns[4].substring(3));
            }
        }
        return speakers;
    }

    @Override
    public Sounds say(String word, String accent, String speaker, int speed, int pitch) throws IOException {
        Path wav = Files.createTempFile(scratch, "clip", ".wav");
        try {
            run("-v", accent + "+" + speaker, "-s", Integer.toString(speed), "-p", Integer.toString(pitch), "-w",
                    wav.toString(), word);
            return Sounds.read(wav);
        } finally {
            Files.deleteIfExists(wav);
        }
    }

    private List<String> run(String... arguments) throws IOException {
        if (!isHere()) {
            throw new IOException("this machine has no " + PROGRAM + " to speak with. " + REMEDY);
        }
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(List.of(arguments));
        Path log = Files.createTempFile(scratch, "log", ".txt");
        try {
            int status = Programs.run(command, scratch, log, SECONDS, TimeUnit.SECONDS);
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
            if (status != 0) {
                throw new IOException("'" + String.join(" ", command) + "' failed: "
                        + (lines.isEmpty() ? "no output" : lines.get(lines.size() - 1)));
            }
            return lines;
        } finally {
            Files.deleteIfExists(log);
        }
    }
}
