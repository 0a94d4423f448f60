-- Written by amphora deploy from the site's catalog; changes here are lost.
help([=[samtools 1.19 - Tools for "SAM" [and $BAM] {x

channel   earlier
commands  samtools, bgzip
homepage  https://www.htslib.org/
licence   MIT
cite      doi:10.1093/gigascience/giab008
image     sha256:a93d4fa2a792e52c4a77ba2a24e32a7e7fa4b68971baac9422f1c68e72ee3baf
only for  licensed, others
contact   ann@example.org]=])
whatis("Name: samtools")
whatis("Version: 1.19")
whatis("Description: Tools for \"SAM\" [and $BAM] {x")
whatis("URL: https://www.htslib.org/")
whatis("Keywords: bam, cram")
if mode() == "load" and not userInGroups("licensed", "others") then
   LmodError("samtools/1.19 is only for members of licensed, others; ask ann@example.org")
end
conflict("samtools-native")
prepend_path("PATH", "/site/commands/samtools/1.19/bin")
setenv("REF_CACHE", "/ref/%2s/%s")
extensions("bgzip/1.19")
