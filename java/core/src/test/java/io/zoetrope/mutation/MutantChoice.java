package io.zoetrope.mutation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Draws mutants: as many from each module, each of another kind while there are kinds, from any of its kernels. */
final class MutantChoice {
    private MutantChoice() {
    }

    /** The same seed, module and kinds give the same mutants, whatever other modules there are. */
    static List<Mutant> draw(PtxModule module, List<Mistake> mistakes, int count, long seed) {
        Random random = new Random(seed * 31 + module.name().hashCode());
        Map<Mistake, Map<String, List<Mutant>>> sites = module.mutants(mistakes).stream()
                .collect(Collectors.groupingBy(Mutant::mistake, TreeMap::new,
                        Collectors.groupingBy(Mutant::entry, TreeMap::new, Collectors.toList())));
        List<Mistake> kinds = new ArrayList<>(sites.keySet());
        Collections.shuffle(kinds, random);
        List<Mutant> drawn = new ArrayList<>();
        while (drawn.size() < count && !sites.isEmpty()) {
            Mistake kind = kinds.get(0);
            Collections.rotate(kinds, -1);
            Map<String, List<Mutant>> kernels = sites.get(kind);
            List<String> names = new ArrayList<>(kernels.keySet());
            String kernel = names.get(random.nextInt(names.size()));
            List<Mutant> ofKernel = kernels.get(kernel);
            drawn.add(ofKernel.remove(random.nextInt(ofKernel.size())));
            if (ofKernel.isEmpty() && kernels.size() == 1) {
                sites.remove(kind);
                kinds.remove(kind);
            } else if (ofKernel.isEmpty()) {
                kernels.remove(kernel);
            }
        }
        return drawn;
    }
}
