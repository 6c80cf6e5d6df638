# Compiles one .cu file to BINARY, and keeps what its manifest is made of: the preprocessed source (MADE.ii), the PTX
# (MADE.ptx) for compute_VIRTUAL and what ptxas reported (MADE.ptxas). The manifest refuses spills and ignored instructions.
set(kept "${MADE}.kept")
file(REMOVE_RECURSE "${kept}")
file(MAKE_DIRECTORY "${kept}")
execute_process(
    COMMAND "${NVCC}" -std=c++17 -O3 --fatbin --no-compress ${TARGETS} -Xptxas -v -Werror all-warnings
            "-I${ROOT}/include" "-I${ROOT}" -MD -MF "${MADE}.d" --keep "--keep-dir=${kept}" -o "${BINARY}" "${SOURCE}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
    file(REMOVE "${BINARY}")
    message(FATAL_ERROR "nvcc failed on ${SOURCE}\n${output}${errors}")
endif()
get_filename_component(name "${SOURCE}" NAME_WE)
foreach(kind ii ptx)
    # With several architectures nvcc puts theirs into the names; compute_VIRTUAL is always among them.
    file(GLOB one "${kept}/${name}.compute_${VIRTUAL}*.${kind}" "${kept}/${name}.cpp1.${kind}" "${kept}/${name}.${kind}")
    list(FILTER one EXCLUDE REGEX "\\.cpp4\\.ii$")
    list(LENGTH one count)
    if(NOT count EQUAL 1)
        file(REMOVE "${BINARY}")
        message(FATAL_ERROR "nvcc left ${count} files *.${kind} of ${SOURCE} for compute_${VIRTUAL} in ${kept}, expected one: ${one}")
    endif()
    file(RENAME "${one}" "${MADE}.${kind}")
endforeach()
file(WRITE "${MADE}.ptxas" "${errors}")
file(REMOVE_RECURSE "${kept}")
