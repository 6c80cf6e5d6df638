package io.zoetrope.data;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Packages as the emoji are made of, with a few of their pictures, each of a colour of its own. */
final class EmojiPackages implements DataImport.Fetcher {
    private static final String[] TONES = {"light", "medium-light", "medium", "medium-dark", "dark"};
    private final List<Map<String, Object>> english = new ArrayList<>();
    private final List<Map<String, Object>> korean = new ArrayList<>();
    private final List<String> pictures = new ArrayList<>();
    int fetched;

    EmojiPackages() {
        for (int i = 0; i < 40; i++) {
            thing("fruit " + i, 4, 42);
        }
        for (String activity : new String[] {"surfing", "rowing", "golfing", "running", "swimming", "juggling",
                "climbing", "skating", "bowling", "dancing", "singing", "cooking"}) {
            for (int gender = 0; gender < 3; gender++) {
                person(new String[] {"woman ", "man ", "person "}[gender] + activity, gender);
            }
        }
        thing("flag: Nowhere", 9, 97);
        thing("unpictured", 4, 42);
        pictures.remove(pictures.size() - 1);
    }

    private Map<String, Object> entry(String label, int group, int subgroup) {
        String hexcode = Integer.toHexString(0x1F000 + english.size() * 16).toUpperCase(Locale.ROOT) + "-FE0F";
        Map<String, Object> entry = new LinkedHashMap<>(Map.of("label", label, "hexcode", hexcode, "tags",
                List.of("some", "tag"), "group", group, "subgroup", subgroup));
        pictures.add(hexcode);
        return entry;
    }

    private void thing(String label, int group, int subgroup) {
        english.add(entry(label, group, subgroup));
        korean.add(inKorean(english.get(english.size() - 1)));
    }

    private static Map<String, Object> inKorean(Map<String, Object> entry) {
        Map<String, Object> other = new LinkedHashMap<>(entry);
        other.put("label", "한국어 " + entry.get("label"));
        other.put("tags", List.of("꼬리표"));
        return other;
    }

    private void person(String label, int gender) {
        Map<String, Object> entry = entry(label, 1, 28);
        if (gender < 2) {
            entry.put("gender", gender);
        }
        List<Map<String, Object>> skins = new ArrayList<>();
        for (int tone = 1; tone <= 6; tone++) {
            String hexcode = entry.get("hexcode") + "-" + tone;
            skins.add(new LinkedHashMap<>(
                    Map.of("label", label + ": " + (tone == 6 ? "two tones" : TONES[tone - 1] + " skin tone"),
                            "hexcode", hexcode, "tone", tone == 6 ? List.of(1, 2) : tone)));
            pictures.add(hexcode);
        }
        entry.put("skins", skins);
        Map<String, Object> other = inKorean(entry);
        other.put("skins", skins.stream().map(EmojiPackages::inKorean).toList());
        english.add(entry);
        korean.add(other);
    }

    @Override
    public void fetch(PackageSource source, Path folder) throws IOException {
        fetched++;
        Path target = folder.resolve(source.folder());
        if (source.equals(EmojiMaker.PICTURES)) {
            for (int i = 0; i < pictures.size(); i++) {
                byte[] pixels = new byte[64 * 64 * 3];
                // The last person's skin is hidden in one tone: the picture is that of the tone before.
                int shown = i == pictures.size() - 3 ? i - 1 : i;
                for (int p = 0; p < pixels.length; p++) {
                    pixels[p] = (byte) (p % 3 == 0 ? shown : p % 3 == 1 ? shown >> 8 : 7);
                }
                // Some packages write the variation selector into names, some do not.
                new Images(1, 64, 64, 3, pixels).writePng(target.resolve(
                        pictures.get(i).toLowerCase(Locale.ROOT).replace("-fe0f", i % 2 == 0 ? "" : "-fe0f") + ".png"));
            }
            return;
        }
        Files.createDirectories(target.resolve("en"));
        Files.createDirectories(target.resolve("ko"));
        Files.createDirectories(target.resolve("meta"));
        Files.writeString(target.resolve("en/data.json"), new Gson().toJson(english));
        Files.writeString(target.resolve("ko/data.json"), new Gson().toJson(korean));
        Files.writeString(target.resolve("meta/groups.json"),
                "{\"groups\":{\"1\":\"people-body\",\"4\":\"food-drink\",\"9\":\"flags\"},\"subgroups\":"
                        + "{\"28\":\"person-sport\",\"42\":\"food-fruit\",\"97\":\"country-flag\"}}");
    }
}
